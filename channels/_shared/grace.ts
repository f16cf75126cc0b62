import { sleepUntilAborted } from "./reconnect.ts";

/** Well within the 5 s that `Channel.start` has after the abort. */
const defaultGraceMs = 4_000;
/** As long as a timer can be. */
const forever = 2 ** 31 - 1;

/**
 * Waits for what is in hand, but after the abort only a while: one message that cannot be stored, or a platform that does
 * not answer, must not hold up who stops the channel. Rejects as `work` does.
 */
export async function settleWithGrace(
  work: Promise<unknown>,
  signal: AbortSignal,
  graceMs = defaultGraceMs,
): Promise<void> {
  const settled = new AbortController();
  try {
    await Promise.race([work, passGrace(signal, settled.signal, graceMs)]);
  } finally {
    settled.abort();
  }
}

/** Resolves `graceMs` after the signal aborts, or at once when `end` does. */
async function passGrace(signal: AbortSignal, end: AbortSignal, graceMs: number): Promise<void> {
  await sleepUntilAborted(forever, AbortSignal.any([signal, end]));
  if (!end.aborted) await sleepUntilAborted(graceMs, end);
}
