import type { MemoryStore } from "../core/memory.ts";

/** More different records than these are not counted until the next writing. */
const maxWaiting = 5_000;

/** Counts what was recalled, and writes it down now and then: a recall itself writes nothing. */
export interface AccessLog {
  note(ids: readonly string[]): void;
  flush(): Promise<void>;
}

export function createAccessLog(store: Pick<MemoryStore, "addAccesses">, now: () => number): AccessLog {
  let waiting = new Map<string, { readonly count: number; readonly lastAt: number }>();
  return {
    note(ids) {
      for (const id of ids) {
        const known = waiting.get(id);
        if (known !== undefined || waiting.size < maxWaiting)
          waiting.set(id, { count: (known?.count ?? 0) + 1, lastAt: now() });
      }
    },
    async flush() {
      if (waiting.size === 0) return;
      const written = waiting;
      waiting = new Map();
      await store.addAccesses(written);
    },
  };
}
