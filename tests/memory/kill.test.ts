import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openIndexTable } from "../../src/memory/index-table.ts";
import { loadIndexState } from "../../src/memory/index-state.ts";
import { openScene } from "./scene.ts";

const child = fileURLToPath(new URL("kill-child.ts", import.meta.url));

describe("an index whose writer is killed", () => {
  it("loses and doubles nothing", async () => {
    const scene = await openScene();
    try {
      for (const [run, afterMs] of [0, 5, 15, 30, 60, 120].entries()) {
        const writer = spawn(process.execPath, [child, scene.folder, String(run)], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        await once(writer.stdout, "data");
        await sleep(afterMs);
        writer.kill("SIGKILL");
        await once(writer, "exit");
      }
      const stored = (await scene.store.memories.page(0, 100_000)).map(({ id }) => id);
      const fresh = await scene.memory.recall("shared words", "all", 1_000);
      expect(fresh.items.length).toBeGreaterThan(0);
      await scene.memory.catchUp(new AbortController().signal);
      const state = await loadIndexState(`${scene.folder}/memory`);
      const index = await openIndexTable(`${scene.folder}/memory`, state?.table ?? "");
      const rows = (await index?.table.query().select(["id"]).toArray()) as Array<{ id: string }>;
      index?.close();
      expect(stored.length).toBeGreaterThanOrEqual(6 * 20);
      expect(rows.map(({ id }) => id).toSorted()).toEqual(stored.toSorted());
    } finally {
      await scene.close();
    }
  }, 60_000);
});
