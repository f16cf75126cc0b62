import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calmNativeLogs } from "../../config/load.ts";
import type { Embedder } from "../../src/core/embedder.ts";
import type { MemoryScopes, NewMemory } from "../../src/core/memory.ts";
import { openIndexTable } from "../../src/memory/index-table.ts";
import { loadIndexState } from "../../src/memory/index-state.ts";
import { createMemory } from "../../src/memory/index.ts";
import { createSearchIndex } from "../../src/memory/search-index.ts";
import { createStore, openDatabase } from "../../src/store/index.ts";
import { createRandom } from "../doubles/random.ts";
import type { Figure } from "./index.ts";

const dimensions = 384;
const clusters = 1_000;
/** One of these is 1% of all. */
const people = 100;
const queriesPerRun = 100;
const recallQueries = 50;
const signal = new AbortController().signal;

/** Made of random numbers around a centre, so that neighbours exist: "#12" in a text says which vector it has. */
function createVectors(): (of: number) => Float32Array {
  const random = createRandom(1);
  // Sums of uniform numbers are normal enough, and quicker than logarithms.
  const bump = (next: () => number): number => next() + next() + next() - 1.5;
  const centres = Array.from({ length: clusters }, () => Float32Array.from({ length: dimensions }, () => bump(random)));
  return (of) => {
    const next = createRandom(of + 7);
    const centre = centres[Math.floor(next() * clusters)] ?? new Float32Array(dimensions);
    const vector = centre.map((value) => value + 0.8 * bump(next));
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  };
}

function createEmbedder(): Embedder {
  const vectorOf = createVectors();
  return {
    id: "bench",
    dimensions,
    embed: async (texts) => texts.map((text) => vectorOf(Number(/#(\d+)/.exec(text)?.[1] ?? 0))),
    close: async () => undefined,
  };
}

function createTexts(): (seed: number, words: number) => string {
  return (seed, words) => {
    const next = createRandom(seed);
    return Array.from({ length: words }, () => `w${Math.floor(50_000 * next() ** 3).toString(36)}`).join(" ");
  };
}

export async function measureMemory(runs: number, sizes: readonly number[]): Promise<readonly Figure[]> {
  calmNativeLogs();
  const figures: Figure[] = [];
  for (const size of sizes) figures.push(...(await measureSize(size, runs)));
  return figures;
}

async function measureSize(size: number, runs: number): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "parlance-bench-memory-"));
  const store = await createStore(await openDatabase(join(folder, "store.db")));
  const embedder = createEmbedder();
  const textOf = createTexts();
  const memory = createMemory({
    folder: join(folder, "memory"),
    store: store.memories,
    takeLease: async () => true,
    now: Date.now,
    embedder,
  });
  const named = (name: string) => `memory ${size / 1_000} k: ${name}`;
  try {
    const record = (of: number): NewMemory => ({
      id: `r${of}`,
      layer: "assets",
      scope: `person:${of % people}`,
      source: `talk-${of % people}-${Math.floor(of / people / 50)}`,
      speaker: of % 2 === 0 ? "Ada" : "Bob",
      text: `${textOf(of, 12 + (of % 20))} #${of}`,
      at: 1_700_000_000_000 + of * 60_000,
      importance: 0.5,
      isPinned: false,
      isOutside: false,
    });
    const storing = await time(async () => {
      for (let start = 0; start < size; start += 2_000) {
        const page = Array.from({ length: Math.min(2_000, size - start) }, (_, index) => record(start + index));
        await store.write((transaction) => transaction.putMemories(page));
      }
    });
    const indexing = await time(() => memory.rebuild(signal));
    const bytes = (await memory.stats())?.bytes ?? 0;

    const query = (of: number): string => `${textOf(of * 31 + 5, 6)} #${(of * 7_919) % size}`;
    let asked = 0;
    const search = async (scopes: MemoryScopes): Promise<readonly number[]> => {
      const all: number[] = [];
      for (let index = 0; index < queriesPerRun; index += 1) {
        const text = query((asked += 1));
        all.push(await time(() => memory.recall(text, scopes, 10)));
      }
      return all;
    };
    await search("all");
    await search(["person:3"]);
    const free: (readonly number[])[] = [];
    const filtered: (readonly number[])[] = [];
    for (let run = 0; run < runs; run += 1) {
      free.push(await search("all"));
      filtered.push(await search(["person:3"]));
    }

    const recalls = await measureRecall(join(folder, "memory"), embedder, size);
    const fresh = await time(async () => {
      await store.write((transaction) =>
        transaction.putMemories([{ ...record(size + 3), id: "fresh", text: "quixotic zebra #1" }]),
      );
      const { items } = await memory.recall("quixotic zebra", "all", 10);
      if (!items.some(({ record: each }) => each.id === "fresh")) throw new Error("the added record was not found");
    });
    const aims = size >= 1_000_000 ? ["25", "40"] : size >= 100_000 ? ["15", "15"] : [];
    const target = (value: string | undefined) => (value === undefined ? {} : { target: `p95 < ${value} ms` });
    return [
      { name: named("stored"), unit: "rows/s", values: [(size / storing) * 1_000] },
      { name: named("indexed, vectors and their index"), unit: "rows/s", values: [(size / indexing) * 1_000] },
      { name: named("index on disk"), unit: "MB", values: [bytes / 1e6] },
      { name: named("hybrid p50"), unit: "ms", values: free.map((all) => percentile(all, 0.5)) },
      { name: named("hybrid p95"), unit: "ms", values: free.map((all) => percentile(all, 0.95)), ...target(aims[0]) },
      { name: named("hybrid in 1% p50"), unit: "ms", values: filtered.map((all) => percentile(all, 0.5)) },
      {
        name: named("hybrid in 1% p95"),
        unit: "ms",
        values: filtered.map((all) => percentile(all, 0.95)),
        ...target(aims[1]),
      },
      { name: named("vectors found of the nearest 10"), unit: "share", values: [recalls.free], target: ">= 0.95" },
      { name: named("the same in 1%"), unit: "share", values: [recalls.filtered], target: ">= 0.95" },
      { name: named("one more stored and found"), unit: "ms", values: [fresh] },
    ];
  } finally {
    await memory.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Against every vector compared, one by one. */
async function measureRecall(folder: string, embedder: Embedder, size: number) {
  const index = createSearchIndex(folder);
  await index.refresh();
  const exact = await openIndexTable(folder, (await loadIndexState(folder))?.table ?? "");
  const found = { free: 0, filtered: 0 };
  for (let query = 0; query < recallQueries; query += 1) {
    const [vector = new Float32Array()] = await embedder.embed([`#${size + query * 13}`], "query", signal);
    for (const [kind, scopes, where] of [
      ["free", "all", "id IS NOT NULL"],
      ["filtered", ["person:3"], "scope = 'person:3'"],
    ] as const) {
      const rows = (await exact?.table
        .query()
        .nearestTo(vector)
        .distanceType("dot")
        .bypassVectorIndex()
        .where(where)
        .select(["id", "_distance"])
        .limit(10)
        .toArray()) as Array<{ id: string }>;
      const truth = new Set(rows.map(({ id }) => id));
      const hits = await index.search({ terms: [], vector, scopes, isNarrow: false, limit: 10 });
      const best = hits.toSorted((one, other) => (other.nearness ?? 0) - (one.nearness ?? 0)).slice(0, 10);
      found[kind] += best.filter(({ id }) => truth.has(id)).length / 10;
    }
  }
  exact?.close();
  index.close();
  return { free: found.free / recallQueries, filtered: found.filtered / recallQueries };
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? Number.NaN;
}
