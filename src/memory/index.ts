import type { Embedder, Reranker } from "../core/embedder.ts";
import { AppError, isAppError } from "../core/errors.ts";
import type {
  MemoryCandidate,
  MemoryScopes,
  MemoryStore,
  RecalledItem,
  RecalledText,
  Recollection,
} from "../core/memory.ts";
import { createAccessLog } from "./access-log.ts";
import { findCandidates } from "./candidates.ts";
import { createChores } from "./chores.ts";
import { createIndexWriter } from "./index-writer.ts";
import { isTelling, packItems, pickVarious, weigh } from "./pick.ts";
import { parseQuery, rank, windowBefore, type MemoryQuery } from "./ranking/index.ts";
import { createSearchIndex } from "./search-index.ts";
import { createTail } from "./tail.ts";
import { createWriterLease } from "./writer-lease.ts";

export interface MemoryOptions {
  /** Of the index; made when something is remembered. */
  readonly folder: string;
  readonly store: MemoryStore;
  /** The right to write the index, for `ttlMs`; false: another process has it. */
  readonly takeLease: (name: string, ttlMs: number) => Promise<boolean>;
  readonly now: () => number;
  readonly embedder?: Embedder;
  readonly reranker?: Reranker;
  /** Is what is said to be remembered for a day? */
  readonly takesMessages?: () => boolean;
}

export interface RecallForTurn {
  readonly text: string;
  readonly scopes: MemoryScopes;
  readonly maxTokens: number;
  /** What a model is shown anyway: records of this source from then on. */
  readonly shown?: { readonly source: string; readonly since: number };
}

export interface Memory {
  /** The best finds within the scopes, best first. */
  recall(text: string, scopes: MemoryScopes, limit: number): Promise<Recollection>;
  /** What is worth putting before a model, and is counted as used. Undefined: nothing is. */
  recallForTurn(request: RecallForTurn): Promise<RecalledText | undefined>;
  /** Counts these as used. */
  noteUse(ids: readonly string[]): void;
  /** The regular chores: taking in, putting in order, promoting, forgetting. Cheap when there is nothing to do. */
  tick(signal: AbortSignal): Promise<void>;
  /** Takes what changed into the index, if it is ours to write. False: another process writes it. */
  catchUp(signal: AbortSignal, onProgress?: (done: number) => void): Promise<boolean>;
  /** Makes the index anew. Throws AppError "conflict" when another process writes it. */
  rebuild(signal: AbortSignal, onProgress?: (done: number) => void): Promise<number>;
  /** Of the index. */
  stats(): Promise<{ readonly rows: number; readonly bytes: number; readonly behind: number } | undefined>;
  /** Writes down what was used, and lets go of the index. */
  close(): Promise<void>;
}

/** Of the best, put into order by a reranker. */
const rerankLimit = 20;
const rerankTimeoutMs = 2_000;
const turnLimit = 30;

export function createMemory(options: MemoryOptions): Memory {
  const { store, now, embedder, reranker } = options;
  const index = createSearchIndex(options.folder);
  const tail = createTail(store, windowBefore);
  const accesses = createAccessLog(store, now);
  const writer = createIndexWriter({ index, store, now, ...(embedder === undefined ? {} : { embedder }) });
  const chores = createChores({
    store,
    index,
    writer,
    accesses,
    now,
    write,
    takesMessages: options.takesMessages ?? (() => false),
  });
  const lease = createWriterLease(options.folder, options.takeLease);
  let loading: Promise<void> | undefined;

  /** What another process has written is looked at when more is fresh than a tail holds. */
  function load(): Promise<void> {
    return (loading ??= reload());
  }

  async function reload(): Promise<void> {
    await index.refresh();
    tail.drop(index.state?.cursor ?? 0);
  }

  /** The one writer's work; what it wrote leaves the tail. */
  async function write(signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    await load();
    return lease.run(signal, async (held) => {
      await work(held);
      tail.drop(index.state?.cursor ?? 0);
    });
  }

  async function find(text: string, query: MemoryQuery, scopes: MemoryScopes) {
    await load();
    if (!(await tail.refresh())) {
      await reload();
      await tail.refresh();
    }
    return findCandidates(
      { store, index, tail, ...(embedder === undefined ? {} : { embedder }) },
      query,
      text,
      scopes,
      now(),
    );
  }

  /** The reranker reads question and find together; where it fails, the order stays. */
  async function reorder(text: string, items: readonly RecalledItem[]): Promise<readonly RecalledItem[]> {
    if (reranker === undefined || items.length < 2) return items;
    const head = items.slice(0, rerankLimit);
    try {
      const scores = await reranker.score(
        text,
        head.map(({ record }) => record.text),
        AbortSignal.timeout(rerankTimeoutMs),
      );
      const best = head[0]?.score ?? 1;
      return [
        ...head
          .map((item, at) => ({
            ...item,
            score: (item.score / best + (scores[at] ?? 0)) / 2,
            reason: `${item.reason}, read together with the question`,
          }))
          .toSorted((one, other) => other.score - one.score),
        ...items.slice(rerankLimit).map((item) => ({ ...item, score: (item.score / best) * 0.1 })),
      ];
    } catch (error) {
      if (isAppError(error)) return items;
      throw error;
    }
  }

  return {
    async recall(text, scopes, limit) {
      if ((await store.lastChange()) === 0) return { items: [] };
      const query = parseQuery(text, now());
      const { found, trouble } = await find(text, query, scopes);
      const items = await reorder(text, rank(query, found, { limit: Math.max(limit, rerankLimit) }));
      return { items: items.slice(0, limit), ...(trouble === undefined ? {} : { trouble }) };
    },

    async recallForTurn({ text, scopes, maxTokens, shown }) {
      const query = parseQuery(text, now());
      if (query.terms.length === 0 || (await store.lastChange()) === 0) return undefined;
      const { found } = await find(text, query, scopes);
      const nearness = nearnessOf(found);
      const ranked = rank(query, found, { limit: turnLimit })
        .filter(({ record }) => record.source !== shown?.source || record.at < shown.since)
        .filter(({ record }) => isTelling(query, record, nearness.get(record.id)))
        .map((item) => ({ ...item, score: item.score * weigh(item.record, now()) }))
        .toSorted((one, other) => other.score - one.score);
      if (ranked.length === 0) return undefined;
      const items = await reorder(text, ranked);
      const packed = packItems(pickVarious(items, turnLimit), maxTokens);
      accesses.note(packed?.items.map(({ record }) => record.id) ?? []);
      return packed;
    },

    noteUse: (ids) => accesses.note(ids),
    tick: (signal) => chores.tick(signal),

    async catchUp(signal, onProgress) {
      if ((await store.lastChange()) === 0) return true;
      return write(signal, async (held) => void (await writer.catchUp(held, onProgress)));
    },

    async rebuild(signal, onProgress) {
      let count = 0;
      const isOurs = await write(signal, async (held) => void (count = await writer.rebuild(held, onProgress)));
      if (isOurs) return count;
      throw new AppError("conflict", "The running service writes this index.", {
        hint: "Stop it first; the index can be made anew at any time.",
      });
    },

    async stats() {
      await reload();
      const stats = await index.table()?.table.stats();
      if (stats === undefined) return undefined;
      const behind = (await store.lastChange()) - (index.state?.cursor ?? 0);
      return { rows: stats.numRows, bytes: stats.totalBytes, behind };
    },

    async close() {
      await accesses.flush();
      index.close();
    },
  };
}

function nearnessOf(found: readonly MemoryCandidate[]): ReadonlyMap<string, number> {
  return new Map(found.flatMap(({ record, nearness }) => (nearness === undefined ? [] : [[record.id, nearness]])));
}
