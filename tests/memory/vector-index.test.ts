import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { calmNativeLogs } from "../../config/load.ts";
import type { MemoryScopes } from "../../src/core/memory.ts";
import { createIndexes, createIndexTable, layOutVectors, type IndexTable } from "../../src/memory/index-table.ts";
import { createSearchIndex, type SearchIndex } from "../../src/memory/search-index.ts";
import { createRandom } from "../doubles/random.ts";

const people = 50;
const random = createRandom(7);

/** Vectors of length 1, each near one of some centres. */
function createVectors(dimensions: number): () => Float32Array {
  const centres = Array.from({ length: 100 }, () => Array.from({ length: dimensions }, () => random() - 0.5));
  return () => {
    const centre = centres[Math.floor(random() * centres.length)] ?? [];
    const vector = Float32Array.from(centre, (value) => value + 0.5 * (random() - 0.5));
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  };
}

const dimensions = 32;

describe("the index of many vectors", () => {
  const pickVector = createVectors(dimensions);
  let folder: string;
  let index: SearchIndex;
  let table: IndexTable;
  const vectors: Float32Array[] = [];

  async function add(count: number): Promise<void> {
    const rows = Array.from({ length: count }, () => {
      const at = vectors.push(pickVector()) - 1;
      return { id: `r${at}`, scope: `person:${at % people}`, terms: "", hash: "", vector: vectors[at] };
    });
    await table.table.add(rows);
  }

  /** The share of the nearest ten that a search finds. */
  async function measureRecall(scopes: MemoryScopes, isWithin: (at: number) => boolean): Promise<number> {
    let found = 0;
    const questions = 10;
    for (let question = 0; question < questions; question += 1) {
      const vector = pickVector();
      const nearness = (at: number) =>
        (vectors[at] ?? vector).reduce((sum, value, k) => sum + value * (vector[k] ?? 0), 0);
      const nearest = [...vectors.keys()]
        .filter(isWithin)
        .map((at) => [at, nearness(at)] as const)
        .toSorted((one, other) => other[1] - one[1])
        .slice(0, 10);
      const hits = await index.search({ terms: [], vector, scopes, isNarrow: false, limit: 10 });
      const best = hits.toSorted((one, other) => (other.nearness ?? 0) - (one.nearness ?? 0)).slice(0, 10);
      found += nearest.filter(([at]) => best.some(({ id }) => id === `r${at}`)).length;
    }
    return found / questions / 10;
  }

  beforeAll(async () => {
    calmNativeLogs();
    folder = await mkdtemp(join(tmpdir(), "parlance-vectors-"));
    table = await createIndexTable(folder, "memory-1", dimensions);
    index = createSearchIndex(folder);
    await add(9_990);
    await createIndexes(table);
  });
  afterAll(async () => {
    index.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("is laid out once there are enough, whatever has no vector yet, and again for four times as many", async () => {
    await table.table.add([{ id: "bare", scope: "team", terms: "", hash: "", vector: null }]);
    expect(await layOutVectors(table)).toBeUndefined();
    await add(10);
    expect(await layOutVectors(table)).toBe(10_000);
    expect(await layOutVectors(table, 10_000)).toBeUndefined();
    await add(29_990);
    expect(await layOutVectors(table, 10_000)).toBeUndefined();
    await add(10);
    expect(await layOutVectors(table, 10_000)).toBe(40_000);
  });

  it("finds the nearest among all and within a scope, before and after it takes in more", async () => {
    await index.adopt(table, { table: "memory-1", cursor: 1, make: "test", isFilling: false });
    const look = async () => {
      expect(await measureRecall("all", () => true)).toBeGreaterThan(0.9);
      expect(await measureRecall(["person:7"], (at) => at % people === 7)).toBeGreaterThan(0.9);
    };
    await look();
    await add(500);
    await look();
    await table.table.optimize();
    await look();
  });

  it("is made of vectors of any length", async () => {
    const pickOdd = createVectors(30);
    const odd = await createIndexTable(folder, "memory-2", 30);
    const rows = Array.from({ length: 10_000 }, (_, at) => ({
      id: `odd${at}`,
      scope: "team",
      terms: "",
      hash: "",
      vector: pickOdd(),
    }));
    await odd.table.add(rows);
    expect(await layOutVectors(odd)).toBe(10_000);
    await index.adopt(odd, { table: "memory-2", cursor: 1, make: "test", isFilling: false });
    const vector = rows[77]?.vector ?? pickOdd();
    const hits = await index.search({ terms: [], vector, scopes: ["team"], isNarrow: false, limit: 10 });
    expect(hits[0]?.id).toBe("odd77");
  });
});
