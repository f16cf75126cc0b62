import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../core/errors.ts";

export interface RetryOptions {
  readonly signal: AbortSignal;
  /** Waits between tries; tests pass one that does not. */
  readonly wait?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  readonly onRetry?: ((error: AppError, waitMs: number) => void) | undefined;
}

const maxTriesWithoutProgress = 6;
const maxTries = 200;
const maxBackoffMs = 30_000;
const maxWaitMs = 5 * 60_000;

/**
 * Runs `work` until it succeeds or fails for good: an AppError with retryAfterMs is tried again after that time, or
 * after 1 s, 2 s, 4 s … with jitter, whichever is longer. `work` calls `progressed` when it came nearer to its end,
 * which gives it new tries. Bounded in all. Throws the last AppError, or AppError "aborted".
 */
export async function withRetries<T>(
  { signal, wait = waitByClock, onRetry }: RetryOptions,
  work: (progressed: () => void) => Promise<T>,
): Promise<T> {
  let failures = 0;
  for (let tries = 1; ; tries += 1) {
    try {
      if (signal.aborted) throw stopped();
      return await work(() => (failures = 0));
    } catch (error) {
      if (signal.aborted) throw stopped();
      failures += 1;
      const isOver = failures >= maxTriesWithoutProgress || tries >= maxTries;
      if (!(error instanceof AppError) || error.retryAfterMs === undefined || isOver || error.retryAfterMs > maxWaitMs)
        throw error;
      const backoffMs = Math.min(maxBackoffMs, 1_000 * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
      const waitMs = Math.max(error.retryAfterMs, Math.round(backoffMs));
      onRetry?.(error, waitMs);
      await wait(waitMs, signal).catch(() => undefined);
    }
  }
}

/** What Retry-After asks for: seconds, or a date. `now` is epoch ms. */
export function parseRetryAfter(value: string | undefined, now: number): number {
  if (value === undefined) return 1_000;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? 1_000 : Math.max(0, at - now);
}

export function stopped(): AppError {
  return new AppError("aborted", "Stopped.");
}

async function waitByClock(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}
