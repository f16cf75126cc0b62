import { setTimeout as sleep } from "node:timers/promises";

/** Waits for the promise, but no longer than `limitMs`, and whatever becomes of it. Never throws. */
export async function waitAtMost(promise: Promise<unknown>, limitMs: number): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise, sleep(limitMs, undefined, { signal: timer.signal })]).catch(() => undefined);
  timer.abort();
}

/** The promise's own result, or an error once `limitMs` are over; then what becomes of the promise is ignored. */
export async function within<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${limitMs} ms.`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
