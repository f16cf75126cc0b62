import { isAppError } from "../../src/core/errors.ts";
import { sleepUntilAborted } from "./reconnect.ts";

/** A wait that others can end. */
export interface Alarm {
  /** Resolves after a while, at a ring, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Ends the wait that goes on now; nothing where nobody waits. */
  ring(): void;
}

export function createAlarm(): Alarm {
  let waiting = new AbortController();
  return {
    async wait(ms, signal) {
      waiting = new AbortController();
      await sleepUntilAborted(ms, AbortSignal.any([signal, waiting.signal]));
    },
    ring: () => waiting.abort(),
  };
}

/** The same work, only that `look` is called when the platform lets us in no more: the health shall say so at once. */
export function tellUnauthorised<Given extends readonly unknown[], T>(
  work: (...given: Given) => Promise<T>,
  look: () => void,
): (...given: Given) => Promise<T> {
  return async (...given) => {
    try {
      return await work(...given);
    } catch (error) {
      if (isAppError(error, "unauthorised")) look();
      throw error;
    }
  };
}
