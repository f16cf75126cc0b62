import { describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { WorkOptions } from "../core/queue.ts";

/** Logs that a conversation is given up and tells whoever asked to know. Never throws. */
export function tellExhausted(log: Logger, options: WorkOptions, conversation: string, error: unknown): void {
  log.error({ conversation, error: describeError(error) }, "A conversation's handler failed for good.");
  try {
    options.onExhausted?.(conversation, error);
  } catch (failure) {
    log.error({ conversation, error: describeError(failure) }, "Telling that a handler failed for good failed itself.");
  }
}
