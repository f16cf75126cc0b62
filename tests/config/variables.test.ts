import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "parlance-variables-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

it("knows the variables of the environment and of .env, the environment first, and no others", async () => {
  await writeFile(join(folder, ".env"), "HOOK=from the file\nBOTH=from the file\n");
  const env = { PARLANCE_HOME: folder, BOTH: "from outside", EMPTY: "" };
  const { variable } = await loadConfig({ env, cwd: folder, home: folder });
  expect(["HOOK", "BOTH", "EMPTY", "NOT_SET", "__proto__", "toString"].map(variable)).toEqual([
    "from the file",
    "from outside",
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
