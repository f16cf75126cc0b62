import { AppError } from "../../core/errors.ts";

/** Lets one through at a time, in order. */
export interface Turnstile {
  /** Resolves to what must be called afterwards. Rejects with the signal's reason, or AppError "rate-limited" when too many wait. */
  enter(signal: AbortSignal): Promise<() => void>;
  readonly waiting: number;
}

export function createTurnstile(mostWaiting: number): Turnstile {
  const queue: (() => void)[] = [];
  let isTaken = false;

  function leave(): void {
    const next = queue.shift();
    if (next === undefined) isTaken = false;
    else next();
  }

  /** Only once, however often it is called. */
  function createRelease(): () => void {
    let isDone = false;
    return () => {
      if (!isDone) leave();
      isDone = true;
    };
  }

  return {
    async enter(signal) {
      signal.throwIfAborted();
      if (!isTaken) {
        isTaken = true;
        return createRelease();
      }
      if (queue.length >= mostWaiting)
        throw new AppError("rate-limited", "Too many requests wait for the local model.", { retryAfterMs: 5_000 });
      const { promise, resolve, reject } = Promise.withResolvers<() => void>();
      const admit = (): void => {
        signal.removeEventListener("abort", giveUp);
        resolve(createRelease());
      };
      const giveUp = (): void => {
        queue.splice(queue.indexOf(admit), 1);
        reject(signal.reason as Error);
      };
      queue.push(admit);
      signal.addEventListener("abort", giveUp, { once: true });
      return promise;
    },
    get waiting() {
      return queue.length;
    },
  };
}
