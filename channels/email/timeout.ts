import { AppError } from "../../src/core/errors.ts";

/** Rejects with a retryable AppError "timeout" when the work takes longer; the work itself is not stopped. */
export async function withTimeout<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new AppError("timeout", `The mail server took too long for ${what}.`, { retryAfterMs: 5_000 })),
    timeoutMs,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
