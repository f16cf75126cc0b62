import { AppError } from "../../src/core/errors.ts";

/** One call that several wait for. */
export interface SharedCall<T> {
  /** Resolves as the call does. Throws AppError "aborted" as soon as the caller's own signal aborts. */
  join(signal?: AbortSignal): Promise<T>;
}

/**
 * Makes a call at once. One caller's abort must not end the wait of the others, so the call has a signal of its own,
 * which aborts when the last of them has left. `onOver`: nobody may join any more.
 */
export function createSharedCall<T>(work: (signal: AbortSignal) => Promise<T>, onOver: () => void): SharedCall<T> {
  const everybodyLeft = new AbortController();
  let waiting = 0;
  let isOver = false;
  const over = (): void => {
    if (!isOver) onOver();
    isOver = true;
  };
  const call = work(everybodyLeft.signal).finally(over);
  // Who has left does not hear of it.
  call.catch(() => undefined);

  return {
    async join(signal) {
      waiting += 1;
      const { promise: left, reject } = Promise.withResolvers<never>();
      const leave = (): void => reject(new AppError("aborted", "The wait for a call was aborted."));
      if (signal?.aborted === true) leave();
      signal?.addEventListener("abort", leave, { once: true });
      try {
        return await Promise.race([call, left]);
      } finally {
        signal?.removeEventListener("abort", leave);
        waiting -= 1;
        if (waiting === 0 && !isOver) {
          over();
          everybodyLeft.abort();
        }
      }
    },
  };
}
