import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "./index.ts";
import { runLoad, type LoadResult } from "./workflows/load.ts";

const runs = 1_000;
const workers = 2;
/** Rows of its journal: three of them are one step for three items. */
const steps = 9;

/** Runs of a workflow of nine steps that are started at the same moment, with two processes to work on them. */
export async function measureWorkflows(times: number): Promise<Figure[]> {
  const results: LoadResult[] = [];
  for (let time = 0; time < times; time += 1) {
    const folder = await mkdtemp(join(tmpdir(), "parlance-runs-"));
    try {
      results.push(await runLoad({ folder, runs, workers }));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const of = (name: string, unit: string, pick: (result: LoadResult) => number, target?: string): Figure => ({
    name: `${runs} runs at once, ${workers} workers: ${name}`,
    unit,
    values: results.map(pick),
    ...(target === undefined ? {} : { target }),
  });
  return [
    of("runs a second", "1/s", ({ totalMs }) => (runs / totalMs) * 1_000),
    of("steps a second", "1/s", ({ totalMs }) => ((runs * steps) / totalMs) * 1_000),
    of("all accepted after", "ms", ({ startMs }) => startMs),
    of("lost", "", ({ lost }) => lost, "0"),
    of("doubled", "", ({ doubled }) => doubled, "0"),
    of("out of order", "", ({ reordered }) => reordered, "0"),
  ];
}
