import { AppError, isAppError } from "../../src/core/errors.ts";

/** Remembers whom or what a platform has asked to leave alone for a while, so that nobody asks again too early. */
export interface Pauses {
  /** Throws AppError "rate-limited" while one of the keys is paused. */
  check(...keys: readonly string[]): void;
  /** Nothing under this key before `ms` have passed. */
  note(key: string, ms: number): void;
  /** Checks the key, works, and notes the wait of a refusal that asks for one. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export function createPauses(service: string, now: () => number): Pauses {
  const until = new Map<string, number>();

  const pauses: Pauses = {
    check(...keys) {
      for (const key of keys) {
        const end = until.get(key);
        if (end === undefined) continue;
        const retryAfterMs = end - now();
        if (retryAfterMs > 0) throw new AppError("rate-limited", `${service} has asked to wait.`, { retryAfterMs });
        until.delete(key);
      }
    },
    note(key, ms) {
      // Chats that were paused once and never written to again must not stay here for ever.
      if (until.size >= 1_000) for (const [each, end] of until) if (end <= now()) until.delete(each);
      until.set(key, now() + ms);
    },
    async run(key, work) {
      pauses.check(key);
      try {
        return await work();
      } catch (error) {
        if (isAppError(error, "rate-limited")) pauses.note(key, error.retryAfterMs ?? 0);
        throw error;
      }
    },
  };
  return pauses;
}
