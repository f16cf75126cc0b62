import { createHash } from "node:crypto";

/**
 * A short mark that is the same in every attempt at a call: left at a service that has no idempotency keys of its own,
 * it tells a later attempt that the earlier one arrived.
 */
export function markCall(idempotencyKey: string): string {
  return `parlance:${createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 16)}`;
}
