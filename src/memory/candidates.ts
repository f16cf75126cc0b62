import { setTimeout as sleep } from "node:timers/promises";
import type { Embedder } from "../core/embedder.ts";
import { AppError, isAppError } from "../core/errors.ts";
import type { MemoryCandidate, MemoryScopes, MemoryStore } from "../core/memory.ts";
import { searchTail, windowAfter, windowBefore, type MemoryQuery } from "./ranking/index.ts";
import type { SearchIndex } from "./search-index.ts";
import type { Tail } from "./tail.ts";

/** Finds of the full-text leg, alone and beside vectors: more of them rank no better, and each costs its neighbours. */
const indexLimit = { alone: 100, besideVectors: 60 } as const;
const tailLimit = 100;
/** Scopes with fewer records than these are compared vector by vector: exact, and faster than the index. */
const narrowBelow = 1_000;
/** A turn does not wait longer than this for the meaning of its question. */
const embedWaitMs = 1_500;
const loadTimeoutMs = 60_000;

export interface CandidateDeps {
  readonly store: Pick<MemoryStore, "load" | "hasFewer">;
  readonly index: SearchIndex;
  readonly tail: Tail;
  readonly embedder?: Embedder;
}

export interface Candidates {
  readonly found: readonly MemoryCandidate[];
  /** A leg that could not be asked. */
  readonly trouble?: AppError;
}

/**
 * Everything within the scopes that a query may mean: from the index, and fresh records that are not in it yet. The
 * scopes are part of every query, to the index as to the store.
 */
export async function findCandidates(
  { store, index, tail, embedder }: CandidateDeps,
  query: MemoryQuery,
  text: string,
  scopes: MemoryScopes,
  now: number,
): Promise<Candidates> {
  const hasVectors = embedder !== undefined && index.state !== undefined;
  const meaning = hasVectors ? await embedQuery(embedder, text) : undefined;
  const vector = meaning instanceof AppError ? undefined : meaning;
  const hits = await index.search({
    terms: query.terms,
    ...(vector === undefined ? {} : { vector }),
    scopes,
    isNarrow: vector !== undefined && (await store.hasFewer(scopes, narrowBelow)),
    limit: vector === undefined ? indexLimit.alone : indexLimit.besideVectors,
  });
  const byId = new Map(hits.filter(({ id }) => !tail.has(id)).map((hit) => [hit.id, hit]));
  const indexed = await store.load([...byId.keys()], { scopes, now, before: windowBefore, after: windowAfter });
  const fresh = searchTail(query, tail.within(scopes, now), tailLimit);
  const found: MemoryCandidate[] = [
    ...indexed.map((place) => {
      const { windowScore, nearness } = byId.get(place.record.id) ?? {};
      return {
        ...place,
        ...(windowScore === undefined ? {} : { windowScore }),
        ...(nearness === undefined ? {} : { nearness }),
      };
    }),
    ...fresh,
  ];
  return meaning instanceof AppError ? { found, trouble: meaning } : { found };
}

/** Without its meaning, a question is still looked for by its words. */
async function embedQuery(embedder: Embedder, text: string): Promise<Float32Array | AppError | undefined> {
  const patience = new AbortController();
  const tooLate = sleep(embedWaitMs, undefined, { signal: patience.signal }).then(
    () => new AppError("timeout", "The embedder took too long."),
    () => undefined,
  );
  // What is being loaded goes on loading: the next question finds it ready.
  const embedded = embedder.embed([text], "query", AbortSignal.timeout(loadTimeoutMs)).then(
    ([vector]) => vector,
    (error: unknown) => {
      if (isAppError(error)) return error;
      throw error;
    },
  );
  try {
    return await Promise.race([embedded, tooLate]);
  } finally {
    patience.abort();
    embedded.catch(() => undefined);
  }
}
