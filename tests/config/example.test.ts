import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { platforms } from "../../channels/index.ts";
import { parseConfig, type ParsedConfig } from "../../config/parse.ts";
import { maskReferences } from "../../config/references.ts";
import { channelSchema, configSchema } from "../../config/schema.ts";
import { listKeyPaths } from "../../src/core/schema-faults.ts";

const read = (name: string): string => readFileSync(new URL(`../../config/${name}`, import.meta.url), "utf8");
const example = read("example.yaml");
const defaults = read("defaults.yaml");
/** With everything switched on that is switched off. */
const complete = example.replace(/^(\s*)# ( *)([\w-]+:( .*)?)$/gm, "$1$2$3");

const env = new Proxy<Record<string, string>>(
  {},
  {
    get: (_target, name) =>
      name === "TELEGRAM_TOKEN"
        ? ""
        : name === "DATABASE_URL"
          ? "postgres://db/x"
          : name === "REDIS_URL"
            ? "redis://r"
            : "a-value-that-is-long-enough",
  },
);

function parseWith(text: string, values: Record<string, string>): Promise<ParsedConfig> {
  return parseConfig(text, { env: values, platforms, defaults, timeZone: "UTC" });
}

/** Key paths of a value, with "*" for names chosen by the user. */
function pathsOf(value: unknown, prefix = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const isChosen = [
      "models.aliases",
      "channels",
      "services",
      "mcp",
      "plugins",
      "plugins.*.folders",
      "digests",
    ].includes(prefix);
    const path = prefix === "" ? key : `${prefix}.${isChosen ? "*" : key}`;
    return [path, ...pathsOf(inner, path)];
  });
}

describe("example.yaml", () => {
  it("is valid as it stands, and says what holds anyway", async () => {
    const parsed = await parseWith(example, {});
    expect(parsed.faults).toEqual([]);
    expect(parsed.config).toEqual((await parseWith("", {})).config);
  });

  it("is valid with everything switched on", async () => {
    expect((await parseWith(complete, env)).faults).toEqual([]);
  });

  it("shows every key", async () => {
    const shown = parse(maskReferences(complete)) as Record<string, unknown>;
    const paths = new Set(pathsOf(shown));
    const wanted = [...listKeyPaths(configSchema), ...listKeyPaths(channelSchema).map((path) => `channels.*.${path}`)];
    expect(wanted.filter((path) => !paths.has(path))).toEqual([]);
    expect(wanted.length).toBeGreaterThan(60);
  });

  it.each(Object.keys(platforms))("shows every key of %s", async (name) => {
    const channels = (parse(maskReferences(complete)) as { channels: Record<string, { platform: string }> }).channels;
    const paths = new Set(
      Object.values(channels)
        .filter((channel) => channel.platform === name)
        .flatMap((channel) => pathsOf(channel)),
    );
    const optionsSchema = (await platforms[name]?.options())?.optionsSchema;
    if (optionsSchema === undefined) throw new Error("no options");
    const common = new Set(listKeyPaths(channelSchema));
    expect(listKeyPaths(optionsSchema).filter((path) => !paths.has(path) && !common.has(path))).toEqual([]);
  });

  it("needs fewer than 200 keys", async () => {
    const own = await Promise.all(
      Object.values(platforms).map(async (platform) => listKeyPaths((await platform.options()).optionsSchema)),
    );
    // What can be set: a block such as "http" only holds keys. One that several platforms have, such as webhookUrl, is one.
    const withoutBlocks = (paths: readonly string[]) =>
      paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`)));
    const count =
      withoutBlocks(listKeyPaths(configSchema)).length + listKeyPaths(channelSchema).length + new Set(own.flat()).size;
    expect(count).toBeLessThan(200);
  });
});
