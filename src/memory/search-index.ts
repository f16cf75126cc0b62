import { AppError } from "../core/errors.ts";
import { createId } from "../core/id.ts";
import type { MemoryScopes } from "../core/memory.ts";
import {
  canCompareVectors,
  createIndexTable,
  dropIndexTables,
  formatList,
  openIndexTable,
  type IndexTable,
} from "./index-table.ts";
import { loadIndexState, saveIndexState, type IndexState } from "./index-state.ts";

export interface IndexHit {
  readonly id: string;
  readonly windowScore?: number;
  readonly nearness?: number;
}

export interface IndexQuery {
  readonly terms: readonly string[];
  readonly vector?: Float32Array;
  readonly scopes: MemoryScopes;
  /** Are the scopes so small that looking at every vector in them is faster, and exact? */
  readonly isNarrow: boolean;
  readonly limit: number;
}

const vectorLimit = 20;
/**
 * Parts of the index that are gone through: the nearest. What is left by a filter is spread over more of them. The finds
 * are then put in order by their vectors themselves. At a million this holds 0.97 of the nearest ten and more.
 */
const parts = { everywhere: 20, within: 60 } as const;

/** The index in its folder, as this process sees it. One process writes; any may read. */
export interface SearchIndex {
  readonly state: IndexState | undefined;
  /** Sees what the writing process has written meanwhile. */
  refresh(): Promise<void>;
  search(query: IndexQuery): Promise<readonly IndexHit[]>;
  /** For the writer: the table to write to. */
  table(): IndexTable | undefined;
  /** Begins an empty table beside the one that is searched. */
  begin(make: string, dimensions: number | undefined): Promise<IndexTable>;
  commit(state: IndexState): Promise<void>;
  /** From now on this table is searched; the others go. */
  adopt(table: IndexTable, state: IndexState): Promise<void>;
  close(): void;
}

export function createSearchIndex(folder: string): SearchIndex {
  let state: IndexState | undefined;
  let opened: IndexTable | undefined;
  /** Without an index, many vectors are left alone. */
  let canCompare = false;
  let refreshing: Promise<void> | undefined;

  async function reload(): Promise<void> {
    const found = await loadIndexState(folder);
    if (found === undefined || found.isFilling) {
      state = found;
      opened?.close();
      opened = undefined;
      return;
    }
    if (opened !== undefined && found.table === state?.table) await opened.table.checkoutLatest();
    else {
      opened?.close();
      opened = await openIndexTable(folder, found.table);
    }
    state = opened === undefined ? undefined : found;
    canCompare = opened !== undefined && (await canCompareVectors(opened));
  }

  async function searchTerms({ table, lance }: IndexTable, { terms, scopes, limit }: IndexQuery): Promise<IndexHit[]> {
    if (terms.length === 0) return [];
    const query = within(table.query().fullTextSearch(new lance.MatchQuery(terms.join(" "), "terms")), scopes);
    const rows = (await query.select(["id", "_score"]).limit(limit).toArray()) as Array<{ id: string; _score: number }>;
    return rows.map(({ id, _score }) => ({ id, windowScore: _score }));
  }

  async function searchVectors({ table }: IndexTable, { vector, scopes, isNarrow }: IndexQuery): Promise<IndexHit[]> {
    if (vector === undefined || !(isNarrow || canCompare)) return [];
    const query = within(table.query().nearestTo(vector).distanceType("dot"), scopes)
      .select(["id", "_distance"])
      .limit(vectorLimit);
    const { everywhere, within: filtered } = parts;
    const ranked = isNarrow
      ? query.bypassVectorIndex()
      : query.nprobes(scopes === "all" ? everywhere : filtered).refineFactor(1);
    const rows = (await ranked.toArray()) as Array<{ id: string; _distance: number | null }>;
    // What is not embedded yet is near to nothing.
    return rows.flatMap(({ id, _distance }) => (_distance === null ? [] : [{ id, nearness: 1 - _distance }]));
  }

  async function ask(query: IndexQuery): Promise<readonly (readonly IndexHit[])[]> {
    const from = opened;
    return from === undefined ? [] : Promise.all([searchTerms(from, query), searchVectors(from, query)]);
  }

  return {
    get state() {
      return state;
    },
    refresh: () => (refreshing ??= reload().finally(() => (refreshing = undefined))),
    async search(query) {
      const legs = await ask(query)
        .catch(async () => {
          // The writer may have put another table in its place, or cleared away the version that we read.
          opened?.close();
          opened = undefined;
          await reload();
          return ask(query);
        })
        .catch((cause: unknown) => {
          throw new AppError("store-failed", "The index of the memory cannot be read.", {
            hint: 'Make it anew: "parlance memory rebuild". Nothing is lost; it is made from the database.',
            cause,
          });
        });
      const hits = new Map<string, IndexHit>();
      for (const hit of legs.flat()) hits.set(hit.id, { ...hits.get(hit.id), ...hit });
      return [...hits.values()];
    },
    table: () => opened,
    async begin(make, dimensions) {
      const name = `memory-${createId(Date.now())}`;
      // What searches meanwhile goes on with the old table; a folder without any is marked as being filled.
      if (state === undefined) await saveIndexState(folder, { table: name, cursor: 0, make, isFilling: true });
      return createIndexTable(folder, name, dimensions);
    },
    async commit(next) {
      await saveIndexState(folder, next);
      state = next;
    },
    async adopt(table, next) {
      await saveIndexState(folder, next);
      opened?.close();
      opened = table;
      state = next;
      canCompare = await canCompareVectors(table);
      await dropIndexTables(folder, next.table);
    },
    close() {
      opened?.close();
      opened = undefined;
    },
  };
}

/** The scopes are part of the query itself. */
function within<Narrowed extends { where(predicate: string): Narrowed }>(
  query: Narrowed,
  scopes: MemoryScopes,
): Narrowed {
  return scopes === "all" ? query : query.where(`scope IN (${formatList(scopes)})`);
}
