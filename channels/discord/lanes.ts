import { describeError } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { pickBackoff, sleepUntilAborted } from "../_shared/reconnect.ts";

/** Work in order within a chat, side by side between chats. */
export interface Lanes {
  /**
   * Resolves true once the work is done. Work that fails is done again until it succeeds, and its chat waits, so that
   * nothing overtakes it. False when the signal aborted first.
   */
  run(chat: string, work: () => Promise<void>): Promise<boolean>;
  /** How much is waiting or at work. */
  waiting(): number;
  /** Resolves when nothing is. */
  idle(): Promise<void>;
}

export function createLanes(log: Logger, signal: AbortSignal): Lanes {
  const lanes = new Map<string, Promise<unknown>>();
  let waiting = 0;

  async function insist(chat: string, work: () => Promise<void>): Promise<boolean> {
    for (let failures = 0; !signal.aborted;) {
      try {
        await work();
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        failures += 1;
        log.warn({ chat, reason: describeError(error) }, "An event could not be stored; it is tried again");
        await sleepUntilAborted(100 + pickBackoff(failures, 200, 10_000), signal);
      }
    }
    return false;
  }

  return {
    run(chat, work) {
      waiting += 1;
      const before = lanes.get(chat) ?? Promise.resolve();
      const done = before
        .then(() => insist(chat, work))
        .finally(() => {
          waiting -= 1;
          if (lanes.get(chat) === done) lanes.delete(chat);
        });
      lanes.set(chat, done);
      return done;
    },
    waiting: () => waiting,
    idle: async () => {
      while (lanes.size > 0) await Promise.all(lanes.values());
    },
  };
}
