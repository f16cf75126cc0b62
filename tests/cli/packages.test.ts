import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findMissing, packagesOf } from "../../src/cli/doctor/packages.ts";

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
  expect(Object.values(packagesOf.models).flat().toSorted()).toEqual(await findLoaded(join(root, "src/models")));
});

it("finds what is missing", () => {
  expect(findMissing(["hono", "no-such-package-here"])).toEqual(["no-such-package-here"]);
});
