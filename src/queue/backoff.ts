import { isAppError } from "../core/errors.ts";

const longestMs = 10 * 60_000;

/**
 * Wait before the next try, in milliseconds: doubles with each failed attempt (1 is the first), with up to half of it
 * taken off by chance so that failures spread. An error that names its own wait is never tried sooner.
 */
export function pickBackoffMs(
  failedAttempts: number,
  retryMs: number,
  error: unknown,
  random: () => number = Math.random,
): number {
  const fullMs = Math.min(longestMs, retryMs * 2 ** (failedAttempts - 1));
  const askedMs = isAppError(error) ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(askedMs, Math.round(fullMs * (1 - random() / 2)));
}
