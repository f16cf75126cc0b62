import type { Logger } from "../../src/core/log.ts";
import { pickBackoff, sleepUntilAborted } from "../_shared/reconnect.ts";

/** Takes messages in order, one at a time, and holds on to one until it is stored: IRC does not deliver again. */
export interface Inbound<T> {
  push(item: T): void;
  /** Lets what waits be handled once more, at most that long. */
  close(graceMs: number): Promise<void>;
}

/** Beyond `limit` waiting items, new ones are lost, and the log says so. */
export function createInbound<T>(handle: (item: T) => Promise<void>, limit: number, log: Logger): Inbound<T> {
  const waiting: T[] = [];
  const closing = new AbortController();
  let running: Promise<void> | undefined;

  async function drain(): Promise<void> {
    for (let item = waiting[0]; item !== undefined; item = waiting[0]) {
      await handleUntilStored(item);
      waiting.shift();
    }
    running = undefined;
  }

  async function handleUntilStored(item: T): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await handle(item);
        return;
      } catch (error) {
        log.error({ error, attempt }, "a message could not be stored");
        if (closing.signal.aborted) return;
      }
      await sleepUntilAborted(pickBackoff(attempt, 500, 30_000), closing.signal);
    }
  }

  return {
    push(item) {
      if (waiting.length >= limit) {
        log.error({ limit }, "a message is lost: too many wait to be stored");
        return;
      }
      waiting.push(item);
      running ??= drain();
    },
    async close(graceMs) {
      closing.abort();
      if (running === undefined) return;
      const enough = new AbortController();
      await Promise.race([running, sleepUntilAborted(graceMs, enough.signal)]);
      enough.abort();
      if (waiting.length > 0)
        log.error({ count: waiting.length }, "messages are lost: they could not be stored before the stop");
    },
  };
}
