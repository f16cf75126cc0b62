import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ConfigDiff, diffConfig } from "../../config/diff.ts";
import { parseConfig } from "../../config/parse.ts";
import type { Config } from "../../config/schema.ts";
import { createFakePlatforms } from "./fake-platforms.ts";

const defaults = readFileSync(new URL("../../config/defaults.yaml", import.meta.url), "utf8");

async function configOf(text: string): Promise<Config> {
  const { config } = await parseConfig(text, {
    env: {},
    platforms: createFakePlatforms(),
    defaults,
    timeZone: "UTC",
  });
  if (config === undefined) throw new Error("bad test");
  return config;
}

async function diff(before: string, after: string): Promise<ConfigDiff> {
  return diffConfig(await configOf(before), await configOf(after));
}

const nothing = {
  channels: { added: [], removed: [], changed: [], reconnect: [] },
  sections: [],
  needsRestart: [],
};

describe("diffConfig", () => {
  it("finds nothing where only the writing is different", async () => {
    expect(await diff("log: { level: info }\n", "# nothing\n")).toEqual(nothing);
  });

  it("names channels that came, went and changed, and those that must connect anew", async () => {
    const before =
      "channels:\n  a: { platform: telegram, token: a }\n  b: { platform: telegram, token: b }\n  c: { platform: telegram, token: c }\n";
    const after =
      "channels:\n  a: { platform: telegram, token: a, access: open }\n  b: { platform: telegram, token: x }\n  d: { platform: telegram, token: d }\n";
    expect((await diff(before, after)).channels).toEqual({
      added: ["d"],
      removed: ["c"],
      changed: ["a", "b"],
      reconnect: ["b"],
    });
  });

  it("connects anew where a channel begins or ends to listen", async () => {
    const of = (mode: string) => `channels:\n  a: { platform: telegram, token: a, mode: ${mode} }\n`;
    expect((await diff(of("open"), of("listen"))).channels.reconnect).toEqual(["a"]);
    expect((await diff(of("listen"), of("mention"))).channels.reconnect).toEqual(["a"]);
    expect((await diff(of("open"), of("mention"))).channels.reconnect).toEqual([]);
  });

  it("names sections, and what of them waits for a restart", async () => {
    const found = await diff(
      "",
      "http: { port: 1 }\nqueue: redis://r\nbudgets: { perDay: 1 }\nmodels: { aliases: { a: { provider: offline } } }\n",
    );
    expect(found.sections.toSorted()).toEqual(["budgets", "http", "models", "queue"]);
    expect(found.needsRestart.toSorted()).toEqual(["http.port", "queue"]);
    expect(found.channels).toEqual(nothing.channels);
    const aliases = "models: { aliases: { a: { provider: onnx, model: m } } }\n";
    const memory = await diff(aliases, `${aliases}memory: { conversations: true, embedder: a }\n`);
    expect(memory.needsRestart).toEqual(["memory.embedder"]);
  });
});
