/*
 * npm run bench                    all measurements, medians of 5
 * npm run bench -- http growth     only these
 * npm run bench -- kill [sqlite|postgres|redis] [--conversations 1000] [--kills 100]
 * npm run bench -- memory --records 10000,100000,1000000
 * --runs N   other than 5;  --json FILE   writes the figures there too
 *
 * Everything runs on this machine: the service, the model that answers at once, and the load, so absolute figures
 * say as much about the neighbours as about us. Compare runs of one sitting.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { runLongKillTest, type Engine } from "./kill.ts";
import {
  measureBarePath,
  measureFlatness,
  measureGrowth,
  measureHttp,
  measurePing,
  measureScaleOut,
  measureStart,
  measureTelegram,
} from "./measures.ts";
import { median } from "./median.ts";

/** One figure: what it is, what was measured in each run, and what we want. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly target?: string;
}

const measures = {
  start: measureStart,
  http: measureHttp,
  bare: measureBarePath,
  telegram: measureTelegram,
  growth: measureGrowth,
  flat: measureFlatness,
  ping: measurePing,
  "scale-out": measureScaleOut,
  // Loaded when asked for: the fakes of all platforms would weigh on the process that makes the load.
  memory: async (runs: number) => (await import("./memory.ts")).measureMemory(runs, readRecords()),
  channels: async (runs: number) => (await import("./channels.ts")).measureChannels(runs),
  local: async (runs: number) => (await import("./local.ts")).measureLocal(runs),
  judgement: async () => (await import("./judgement.ts")).measureJudgement(),
  retrieval: async () => (await import("./retrieval.ts")).measureRetrieval(),
  voice: async (runs: number) => (await import("./voice.ts")).measureVoice(runs),
  workflows: async (runs: number) => (await import("./workflows.ts")).measureWorkflows(runs),
} as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "5" },
    json: { type: "string" },
    conversations: { type: "string", default: "1000" },
    kills: { type: "string", default: "100" },
    records: { type: "string", default: "10000,100000" },
  },
});

if (positionals[0] === "kill") {
  const engines = positionals.slice(1) as Engine[];
  const results = [];
  for (const engine of engines.length === 0 ? (["sqlite", "postgres", "redis"] as const) : engines) {
    const result = await runLongKillTest(engine, {
      conversations: Number(values.conversations),
      kills: Number(values.kills),
    });
    results.push({ engine, ...result });
    process.stdout.write(`${engine}: ${JSON.stringify(result)}\n`);
  }
  console.table(results);
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(results, null, 2));
  process.exit(results.every((result) => result.lost + result.doubled + result.reordered === 0) ? 0 : 1);
}

const names = (positionals.length === 0 ? Object.keys(measures) : positionals) as Array<keyof typeof measures>;
const figures: Figure[] = [];
for (const name of names) {
  const measure = measures[name];
  if (measure === undefined)
    throw new Error(`There is no measure "${name}": ${Object.keys(measures).join(", ")}, kill.`);
  process.stderr.write(`${name} …\n`);
  figures.push(...(await measure(Number(values.runs))));
}
console.table(
  figures.map(({ name, unit, values: each, target = "" }) => ({
    figure: name,
    unit,
    median: round(median(each)),
    min: round(Math.min(...each)),
    max: round(Math.max(...each)),
    target,
  })),
);
if (values.json !== undefined) await writeFile(values.json, JSON.stringify(figures, null, 2));
process.exit(0);

function readRecords(): readonly number[] {
  return values.records.split(",").map(Number);
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
