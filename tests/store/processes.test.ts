import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createStore, openDatabase } from "../../src/store/index.ts";

let folder = "";
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "parlance-processes-"))));
afterEach(() => rm(folder, { recursive: true }));

it("is opened by several processes at once where there was no file, and keeps one whole audit of them", async () => {
  for (let round = 0; round < 3; round += 1) {
    const path = join(folder, `test-${round}.db`);
    const script = new URL("./open-process.ts", import.meta.url);
    const children = ["a", "b", "c"].map((name) => fork(script, [path, name, "40"], { stdio: "inherit" }));
    const ends = children.map((child) => once(child, "exit"));
    await new Promise((resolve) => setTimeout(resolve, 400));
    for (const child of children) child.send("go");
    expect((await Promise.all(ends)).map(([code]) => code as number)).toEqual([0, 0, 0]);
    const store = await createStore(await openDatabase(path));
    const verdict = await store.verifyAudit();
    expect(verdict).toMatchObject({ isIntact: true });
    const rows = await store.database.read({ sql: "select 1 from audit where kind = 'test'", parameters: [] });
    expect(rows).toHaveLength(120);
    await store.close();
  }
});
