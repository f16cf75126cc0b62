import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { removeWorkflow } from "../../src/definitions/remove-workflow.ts";
import { saveWorkflow } from "../../src/definitions/save-workflow.ts";

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "parlance-remove-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

it("removes the file that holds this text, however often it is asked to", async () => {
  await saveWorkflow(folder, "one", "text");
  await saveWorkflow(folder, "two", "text");
  await removeWorkflow(folder, "one", "text");
  await removeWorkflow(folder, "one", "text");
  expect(await readdir(folder)).toEqual(["two.yaml"]);
});

it("leaves a file that somebody changed, and says where it lies", async () => {
  await writeFile(join(folder, "one.yaml"), "text, changed");
  await expect(removeWorkflow(folder, "one", "text")).rejects.toMatchObject({
    code: "conflict",
    hint: expect.stringContaining(join(folder, "one.yaml")),
  });
  expect(await readdir(folder)).toEqual(["one.yaml"]);
});

it("reaches nothing outside the folder", async () => {
  await writeFile(join(folder, "x.yaml"), "text");
  await expect(removeWorkflow(join(folder, "deep"), "../x", "text")).rejects.toMatchObject({ code: "bad-input" });
  expect(await readdir(folder)).toEqual(["x.yaml"]);
});
