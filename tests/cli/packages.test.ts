import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  embeddingPackages,
  findMissing,
  listChannelPackages,
  mcpPackages,
  packagesOf,
  pluginPackages,
} from "../../src/cli/doctor/packages.ts";

const root = join(import.meta.dirname, "../..");

async function findLoaded(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".ts"));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
  const names = texts.flatMap((text) =>
    Array.from(text.matchAll(/loadPackage\(\s*"([^"]+)"/g), (match) => match[1] ?? ""),
  );
  return [...new Set(names)].toSorted();
}

it("knows each package that a platform loads on first use", async () => {
  const folders = (await readdir(join(root, "channels"), { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  for (const { name } of folders)
    expect([name, packagesOf.channels[name]?.toSorted() ?? []]).toEqual([
      name,
      await findLoaded(join(root, "channels", name)),
    ]);
});

it("knows each package of a model provider", async () => {
  const loaded = [
    ...(await findLoaded(join(root, "src/models"))),
    ...(await findLoaded(join(root, "src/models/llama"))),
  ];
  expect(Object.values(packagesOf.models).flat().toSorted()).toEqual(loaded.toSorted());
});

it("names packages of embedding, of MCP and of plugins as they are declared", async () => {
  const declared = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  const folders = ["src/models/embedding", "src/mcp", "src/plugins"];
  const names = await Promise.all(folders.map((folder) => readdir(join(root, folder))));
  const sources = names.flatMap((inside, index) =>
    inside.map((name) => readFile(join(root, folders[index] ?? "", name), "utf8")),
  );
  const texts = (await Promise.all(sources)).join("\n");
  for (const name of [...embeddingPackages, ...mcpPackages, ...pluginPackages]) {
    expect(Object.keys(declared.optionalDependencies)).toContain(name);
    expect(texts).toContain(`import("${name}`);
  }
});

it("asks for no package that this way of reaching a platform does without", () => {
  expect(listChannelPackages({ platform: "whatsapp", transport: "cloud" })).toEqual([]);
  expect(listChannelPackages({ platform: "whatsapp", transport: "twilio" })).toEqual(["twilio"]);
  expect(listChannelPackages({ platform: "slack", signingSecret: "s" })).toEqual([]);
  expect(listChannelPackages({ platform: "slack", appToken: "xapp-1" })).toEqual(["@slack/socket-mode"]);
  expect(listChannelPackages({ platform: "signal" })).toEqual([]);
});

it("finds what is missing", () => {
  expect(findMissing(["hono", "no-such-package-here"])).toEqual(["no-such-package-here"]);
});
