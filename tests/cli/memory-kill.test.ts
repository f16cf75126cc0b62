import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { loadFolderId } from "../../src/memory/index-state.ts";
import { formatOwner } from "../../src/pipeline/housekeeping.ts";
import { createStore, openDatabase } from "../../src/store/index.ts";
import { createHome, type Home } from "./program.ts";

const main = fileURLToPath(new URL("../../bin/parlance.js", import.meta.url));
const documents = 40;
let home: Home;
afterEach(() => home.remove());

/** Takes the folder in, and is killed so many milliseconds after it began. */
async function addAndKill(afterMs: number): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [main, "memory", "add", "docs"], {
    cwd: home.folder,
    env: { PATH: process.env["PATH"], HOME: home.folder, PARLANCE_HOME: home.folder, TZ: "UTC" },
    stdio: "ignore",
  });
  const end = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  await sleep(afterMs);
  child.kill("SIGKILL");
  return (await end)[1];
}

const count = async () => {
  const { out } = await home.run(["memory", "export"]);
  return out.split("\n").filter((line) => line !== "");
};

it(
  "memory add, killed wherever it is, goes on the next time: each document once, and found",
  { timeout: 120_000 },
  async () => {
    home = await createHome("channels: {}\n");
    await mkdir(join(home.folder, "docs"));
    for (let number = 0; number < documents; number += 1)
      await writeFile(
        join(home.folder, "docs", `note-${number}.md`),
        `# Note ${number}\n\nThe badger number${number} sleeps.\n`,
      );
    const ends = [];
    for (const afterMs of [150, 250, 350, 450, 600, 800]) ends.push(await addAndKill(afterMs));
    expect(ends).toContain("SIGKILL");
    expect((await home.run(["memory", "add", "docs"])).status).toBe(0);
    const ids = (await count()).map((line) => (JSON.parse(line) as { readonly id: string }).id);
    expect(ids.length).toBe(documents);
    expect(new Set(ids).size).toBe(documents);
    const found = await home.run(
      ["memory", "search", "--json", "-k", "1"],
      Array.from({ length: documents }, (_, number) => `badger number${number}`).join("\n"),
    );
    const texts = found.out
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly results: readonly { readonly text: string }[] }).results[0]?.text);
    expect(texts).toEqual(
      Array.from({ length: documents }, (_, number) => expect.stringContaining(`number${number} sleeps`)),
    );
    expect((await home.run(["memory", "rebuild", "--json"])).out).toContain(`"rows": ${documents}`);
  },
);

it("a command that was killed while it wrote the index keeps nobody from it", { timeout: 60_000 }, async () => {
  home = await createHome("channels: {}\n");
  await writeFile(join(home.folder, "note.md"), "The badger sleeps.\n");
  expect((await home.run(["memory", "add", "note.md"])).status).toBe(0);
  const dead = spawn(process.execPath, ["-e", "0"]);
  await once(dead, "exit");
  const store = await createStore(await openDatabase(home.databasePath));
  const lease = `memory:${await loadFolderId(join(home.folder, "memory"))}`;
  const owner = formatOwner(dead.pid ?? 0, "0a");
  expect(await store.takeNamedLease(lease, owner, Date.now(), 120_000)).toBe(true);
  await store.close();
  expect(await home.run(["memory", "rebuild", "--json"])).toMatchObject({
    status: 0,
    out: expect.stringContaining('"rows": 1'),
  });
});
