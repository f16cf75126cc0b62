import type { MemoryChange, MemoryInPlace, MemoryRecord, MemoryScopes, MemoryStore } from "../core/memory.ts";

/** Fresh changes kept in process. More than these are waited for: the index takes them in. */
export const maxTail = 2_000;
const page = 500;

/** What has changed since the index was written, read from the store as soon as it is there. */
export interface Tail {
  /** Reads on. False: there are more changes than a tail holds. */
  refresh(): Promise<boolean>;
  /** Everything up to this change is in the index. */
  drop(cursor: number): void;
  /** Fresh records of the scopes. */
  within(scopes: MemoryScopes, now: number): readonly MemoryInPlace[];
  /** Has it a newer state than the index, or is it gone? */
  has(id: string): boolean;
  readonly size: number;
}

/** `neighbours`: records before one that are searched with it. */
export function createTail(store: Pick<MemoryStore, "changes" | "lastChange">, neighbours: number): Tail {
  const changes = new Map<string, MemoryChange>();
  let seq = 0;
  let reading: Promise<boolean> | undefined;

  async function readOn(): Promise<boolean> {
    const last = await store.lastChange();
    while (seq < last) {
      if (changes.size >= maxTail) return false;
      const fresh = await store.changes(seq, page, neighbours);
      for (const change of fresh) changes.set(change.id, change);
      const newest = fresh.at(-1)?.changeSeq;
      // A number may have been taken for nothing.
      seq = fresh.length < page ? Math.max(last, newest ?? 0) : (newest ?? last);
    }
    return true;
  }

  return {
    async refresh() {
      // Two at a time would read the same; but what began before the caller's own write does not count for it.
      await reading?.catch(() => undefined);
      reading ??= readOn().finally(() => (reading = undefined));
      return reading;
    },
    drop(cursor) {
      seq = Math.max(seq, cursor);
      for (const [id, { changeSeq }] of changes) if (changeSeq <= cursor) changes.delete(id);
    },
    within(scopes, now) {
      const wanted = scopes === "all" ? undefined : new Set<string>(scopes);
      return [...changes.values()].flatMap((change) =>
        !change.isGone && wanted?.has(change.record.scope) !== false && isAlive(change.record, now)
          ? [{ record: change.record, before: change.before, after: [] }]
          : [],
      );
    },
    has: (id) => changes.has(id),
    get size() {
      return changes.size;
    },
  };
}

function isAlive({ expiresAt, isPinned }: MemoryRecord, now: number): boolean {
  return isPinned || expiresAt === undefined || expiresAt > now;
}
