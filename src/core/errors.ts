/**
 * Every way in which an operation is known to fail. Closed on purpose: a new failure is named here first,
 * so that callers can decide on the code and never on the words of a message.
 */
export type ErrorCode =
  | "config-invalid"
  | "package-missing"
  | "bad-input"
  | "too-large"
  | "unauthorised"
  | "forbidden"
  | "not-found"
  | "conflict"
  | "rate-limited"
  | "timeout"
  | "aborted"
  | "lease-lost"
  | "unreachable"
  | "send-rejected"
  | "send-uncertain"
  | "model-failed"
  | "tool-failed"
  | "egress-refused"
  | "budget-exhausted"
  | "store-failed"
  | "unsupported";

export interface AppErrorOptions {
  /** What the reader can do next, as one sentence. */
  readonly hint?: string;
  /** Present: wait this long and try again. Absent: trying again will not help. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * A failure that we understand. Retry is data: with `retryAfterMs` the operation may be tried again after that
 * wait; without it, it failed for good. Any error that is not an AppError is a bug.
 * Messages and hints never hold tokens, URLs with tokens, or message text.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.hint = options.hint;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Narrows to an AppError, of one code when it is given. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}

/** One line for people: the message, and the hint when there is one. */
export function describeError(error: unknown): string {
  if (error instanceof AppError) return error.hint ? `${error.message} ${error.hint}` : error.message;
  return error instanceof Error ? error.message : String(error);
}
