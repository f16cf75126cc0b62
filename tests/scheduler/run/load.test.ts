import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runLoad } from "../../bench/workflows/load.ts";

it("many runs at once on two workers lose, double and reorder nothing, though one is killed in the middle", async () => {
  const folder = await mkdtemp(join(tmpdir(), "parlance-runs-"));
  try {
    const { killed, lost, doubled, reordered } = await runLoad({ folder, runs: 150, workers: 2, isOneKilled: true });
    expect({ killed, lost, doubled, reordered }).toEqual({ killed: 1, lost: 0, doubled: 0, reordered: 0 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
