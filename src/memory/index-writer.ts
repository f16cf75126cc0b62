import { createHash } from "node:crypto";
import type { Embedder } from "../core/embedder.ts";
import type { MemoryChange, MemoryRecord, MemoryStore } from "../core/memory.ts";
import { createIndexes, formatList, layOutVectors, type IndexRow, type IndexTable } from "./index-table.ts";
import type { SearchIndex } from "./search-index.ts";
import { pickWindow, rankingVersion, tokenize, windowBefore } from "./ranking/index.ts";

/** Changes of one write into the index. */
const page = 2_000;
/** Fragments that a search goes through: each costs it 0.3 ms. */
const maxFragments = { quiet: 8, few: 60, many: 300 } as const;
/** Putting more rows than these in order takes a minute: it is left for the night as long as it can be. */
const manyRows = 100_000;
/** Texts of one call of the embedder, and of one write of embeddings. */
const embedBatch = 64;
const embedPage = 512;
/** Embedding waits until words can be searched, unless all of it takes less than this. */
const inlineMs = 10 * 60_000;

/** Without an embedder there is no column for vectors. */
type StoredRow = Omit<IndexRow, "vector"> & Partial<Pick<IndexRow, "vector">>;

export interface IndexWriterDeps {
  readonly index: SearchIndex;
  readonly store: Pick<MemoryStore, "changes" | "lastChange" | "texts">;
  readonly embedder?: Embedder;
  readonly now: () => number;
}

/** Brings the index up to the store. Only the holder of the index's lease may call it. */
export interface IndexWriter {
  /** Takes in every change; `onProgress` is told of each page. Resolves with the number of changes. */
  catchUp(signal: AbortSignal, onProgress?: (done: number) => void): Promise<number>;
  /** Makes all of it anew from the store. The old index is searched until then. */
  rebuild(signal: AbortSignal, onProgress?: (done: number) => void): Promise<number>;
  /** Makes up to `limit` of the embeddings that are missing. Resolves with their number. */
  embed(limit: number, signal: AbortSignal): Promise<number>;
  /** Joins fragments and completes indexes where it is worth it. `isQuiet`: nobody minds if it takes a minute. */
  tidy(isQuiet: boolean): Promise<void>;
}

export function createIndexWriter({ index, store, embedder, now }: IndexWriterDeps): IndexWriter {
  const make = `${rankingVersion}/${embedder?.id ?? "words"}`;

  /** A record stands in the windows of those after it, too: its words are made once a page. */
  function toRows(changes: readonly MemoryChange[]): readonly IndexRow[] {
    const known = new Map<number, string>();
    const termsOf = ({ seq, text }: MemoryRecord): string => {
      const terms = known.get(seq) ?? tokenize(text).join(" ");
      known.set(seq, terms);
      return terms;
    };
    return changes.flatMap((change) =>
      change.isGone
        ? []
        : [
            {
              id: change.id,
              scope: change.record.scope,
              terms: pickWindow(change.before, change.record).map(termsOf).join(" "),
              hash: hashOf(change.record.text),
              vector: null,
            },
          ],
    );
  }

  /** Vectors that are there already for the same texts. */
  async function findVectors(table: IndexTable, rows: readonly IndexRow[]): Promise<ReadonlyMap<string, Float32Array>> {
    const known = (await table.table
      .query()
      .where(`id IN (${formatList(rows.map(({ id }) => id))}) AND vector IS NOT NULL`)
      .select(["id", "hash", "vector"])
      .toArray()) as Array<{ id: string; hash: string; vector: { toArray(): Float32Array } }>;
    return new Map(known.map(({ id, hash, vector }) => [`${hash} ${id}`, Float32Array.from(vector.toArray())]));
  }

  /** The embeddings that a page of rows lacks. */
  async function embedMissing(
    rows: readonly StoredRow[],
    changes: readonly MemoryChange[],
    signal: AbortSignal,
  ): Promise<readonly StoredRow[]> {
    const texts = new Map(changes.flatMap((change) => (change.isGone ? [] : [[change.id, change.record.text]])));
    const missing = rows.filter(({ vector }) => vector === null);
    const vectors = await embedTexts(
      missing.map(({ id }) => texts.get(id) ?? ""),
      signal,
    );
    const vectorOf = new Map(missing.map(({ id }, at) => [id, vectors[at] ?? null]));
    return rows.map((row) => ({ ...row, vector: row.vector ?? vectorOf.get(row.id) ?? null }));
  }

  async function withVectors(from: IndexTable | undefined, rows: readonly IndexRow[]): Promise<readonly StoredRow[]> {
    if (embedder === undefined) return rows.map(({ id, scope, terms, hash }) => ({ id, scope, terms, hash }));
    if (from === undefined || rows.length === 0) return rows;
    const vectors = await findVectors(from, rows);
    return rows.map((row) => ({ ...row, vector: vectors.get(`${row.hash} ${row.id}`) ?? null }));
  }

  async function upsert(target: IndexTable, rows: readonly StoredRow[]): Promise<void> {
    await target.table
      .mergeInsert("id")
      .whenMatchedUpdateAll()
      .whenNotMatchedInsertAll()
      .execute([...rows] as Array<Record<string, unknown>>);
  }

  async function catchUp(signal: AbortSignal, onProgress?: (done: number) => void): Promise<number> {
    await index.refresh();
    const { state } = index;
    const target = index.table();
    if (state === undefined || target === undefined || state.make !== make) return rebuild(signal, onProgress);
    let done = 0;
    for (let { cursor } = state; !signal.aborted;) {
      const newest = await store.lastChange();
      const changes = await store.changes(cursor, page, windowBefore);
      const last = changes.at(-1);
      if (last === undefined) {
        // Numbers that were taken for nothing.
        if (newest > cursor) await index.commit({ ...state, cursor: newest });
        break;
      }
      const gone = changes.flatMap((change) => (change.isGone ? [change.id] : []));
      const rows = toRows(changes);
      if (gone.length > 0) await target.table.delete(`id IN (${formatList(gone)})`);
      if (rows.length > 0) await upsert(target, await withVectors(target, rows));
      cursor = last.changeSeq;
      await index.commit({ ...state, cursor });
      done += changes.length;
      onProgress?.(done);
    }
    return done;
  }

  async function rebuild(signal: AbortSignal, onProgress?: (done: number) => void): Promise<number> {
    const old = index.state?.make === make ? index.table() : undefined;
    const target = await index.begin(make, embedder?.dimensions);
    // What changes after this comes again as a change of its own: until here every id comes once and is only added.
    const until = await store.lastChange();
    let cursor = 0;
    let done = 0;
    let isInline = embedder !== undefined;
    while (cursor < until && !signal.aborted) {
      const changes = await store.changes(cursor, page, windowBefore);
      const rows = toRows(changes.filter(({ changeSeq }) => changeSeq <= until));
      let filled = await withVectors(old, rows);
      if (isInline) {
        const startedAt = performance.now();
        const embedded = await embedMissing(filled, changes, signal).catch(() => undefined);
        filled = embedded ?? filled;
        isInline = embedded !== undefined && ((performance.now() - startedAt) * until) / page < inlineMs;
      }
      if (filled.length > 0) await target.table.add([...filled] as Array<Record<string, unknown>>);
      cursor = Math.min(until, changes.at(-1)?.changeSeq ?? until);
      done += rows.length;
      onProgress?.(done);
    }
    if (signal.aborted) return done;
    await target.table.optimize();
    await createIndexes(target);
    await index.adopt(target, {
      table: target.table.name,
      cursor: until,
      make,
      isFilling: false,
    });
    done += await catchUp(signal);
    await layOut(target);
    await index.refresh();
    return done;
  }

  async function layOut(target: IndexTable): Promise<void> {
    const { state } = index;
    const laidOutFor = await layOutVectors(target, state?.laidOutFor);
    if (state !== undefined && laidOutFor !== undefined) await index.commit({ ...state, laidOutFor });
  }

  /** Embeds the texts of a page. */
  async function embedTexts(texts: readonly string[], signal: AbortSignal): Promise<readonly (Float32Array | null)[]> {
    const vectors: Float32Array[] = [];
    for (let start = 0; start < texts.length; start += embedBatch)
      vectors.push(...((await embedder?.embed(texts.slice(start, start + embedBatch), "document", signal)) ?? []));
    return vectors;
  }

  return {
    catchUp,
    rebuild,

    async embed(limit, signal) {
      const target = index.table();
      if (embedder === undefined || target === undefined || index.state?.make !== make) return 0;
      let done = 0;
      while (done < limit && !signal.aborted) {
        const rows = (await target.table
          .query()
          .where("vector IS NULL")
          .select(["id", "scope", "terms", "hash"])
          .limit(Math.min(embedPage, limit - done))
          .toArray()) as Array<Omit<IndexRow, "vector">>;
        const texts = await store.texts(rows.map(({ id }) => id));
        // Changed or forgotten meanwhile: the next catching up takes care of the row.
        const live = rows.filter(({ id, hash }) => hashOf(texts.get(id) ?? "") === hash);
        if (live.length === 0) break;
        const vectors = await embedTexts(
          live.map(({ id }) => texts.get(id) ?? ""),
          signal,
        );
        await upsert(
          target,
          live.map(({ id, scope, terms, hash }, at) => ({ id, scope, terms, hash, vector: vectors[at] ?? null })),
        );
        done += live.length;
      }
      return done;
    },

    async tidy(isQuiet) {
      const target = index.table();
      if (target === undefined) return;
      await createIndexes(target);
      const { fragmentStats, numRows } = await target.table.stats();
      const size = isQuiet ? "quiet" : numRows > manyRows ? "many" : "few";
      // The first time it cannot wait: without, many vectors are not searched at all.
      if (size !== "many" || index.state?.laidOutFor === undefined) await layOut(target);
      if (fragmentStats.numFragments > maxFragments[size])
        await target.table.optimize({ cleanupOlderThan: new Date(now() - 3_600_000) });
      await index.refresh();
    },
  };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}
