import { setTimeout as sleep } from "node:timers/promises";

/** Waits for the promise, but no longer than `limitMs`, and whatever becomes of it. Never throws. */
export async function waitAtMost(promise: Promise<unknown>, limitMs: number): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise, sleep(limitMs, undefined, { signal: timer.signal })]).catch(
    () => undefined,
  );
  timer.abort();
}
