import { AppError } from "../core/errors.ts";
import { loadFolderId } from "./index-state.ts";

const ttlMs = 120_000;

/** Runs work as the one writer of an index. */
export interface WriterLease {
  /** False, with nothing done: another process is at it. The work's signal aborts when the lease is lost. */
  run(signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<boolean>;
}

export function createWriterLease(
  folder: string,
  take: (name: string, ttlMs: number) => Promise<boolean>,
): WriterLease {
  return {
    async run(signal, work) {
      const name = `memory:${await loadFolderId(folder)}`;
      if (!(await take(name, ttlMs))) return false;
      const lost = new AbortController();
      // An index of a million vectors takes longer to make than a lease lasts.
      const timer = setInterval(() => {
        take(name, ttlMs)
          .then((isOurs) =>
            isOurs ? undefined : lost.abort(new AppError("lease-lost", "Another process writes the index.")),
          )
          .catch(() => undefined);
      }, ttlMs / 4);
      timer.unref();
      try {
        await work(AbortSignal.any([signal, lost.signal]));
      } finally {
        clearInterval(timer);
      }
      return true;
    },
  };
}
