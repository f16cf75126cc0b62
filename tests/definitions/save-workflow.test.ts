import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { saveWorkflow } from "../../src/definitions/save-workflow.ts";

let folder: string;
beforeEach(async () => (folder = join(await mkdtemp(join(tmpdir(), "parlance-save-")), "deep", "own")));
afterEach(() => rm(join(folder, "..", ".."), { recursive: true, force: true }));

it("writes the whole text, once, whoever else writes the same", async () => {
  const text = "x".repeat(100_000);
  const paths = await Promise.all(Array.from({ length: 8 }, () => saveWorkflow(folder, "one", text)));
  expect(new Set(paths)).toEqual(new Set([join(folder, "one.yaml")]));
  expect(await readFile(paths[0] ?? "", "utf8")).toBe(text);
  expect(await readdir(folder)).toEqual(["one.yaml"]);
});

it("takes no other file's place", async () => {
  await saveWorkflow(folder, "one", "first");
  await expect(saveWorkflow(folder, "one", "second")).rejects.toMatchObject({ code: "conflict" });
  await writeFile(join(folder, "two.yml"), "first");
  await expect(saveWorkflow(folder, "two", "second")).rejects.toMatchObject({ code: "conflict" });
  const outcomes = await Promise.allSettled(["a", "b", "c"].map((text) => saveWorkflow(folder, "three", text)));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect((await readdir(folder)).toSorted()).toEqual(["one.yaml", "three.yaml", "two.yml"]);
});

it("writes nowhere but into the folder", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.constantFrom("../x", "a/b", "..", "A", "a.b", "")), async (name) => {
      fc.pre(!/^[a-z0-9][a-z0-9-]{0,59}$/.test(name));
      await expect(saveWorkflow(folder, name, "x")).rejects.toMatchObject({ code: "bad-input" });
    }),
  );
  expect(await readdir(folder).catch(() => [])).toEqual([]);
});
