import type { ThreadRecord } from "../../core/cdc.ts";

/** Something written in a thread. */
export interface ThreadStep {
  readonly by: "other" | "owner" | "us";
  /** Does it ask something of whoever reads it? */
  readonly asks: boolean;
  readonly at: number;
  readonly reason: string;
}

/** Where a thread stands after something was written in it. Pure. */
export function nextThread(
  conversation: string,
  before: ThreadRecord | undefined,
  step: ThreadStep,
  now: number,
): ThreadRecord {
  const known: ThreadRecord = before ?? {
    conversation,
    status: "fyi",
    reason: "",
    theyWroteAt: 0,
    ownerWroteAt: 0,
    weWroteAt: 0,
    exchanges: 0,
    snoozedUntil: 0,
    updatedAt: 0,
  };
  const { by, asks, at, reason } = step;
  if (by === "other") {
    const status = asks ? "to-reply" : known.status === "to-reply" ? "to-reply" : known.updatedAt > 0 ? "done" : "fyi";
    return {
      ...known,
      status,
      reason: status === known.status ? known.reason : reason,
      theyWroteAt: Math.max(at, known.theyWroteAt),
      snoozedUntil: asks ? 0 : known.snoozedUntil,
      updatedAt: now,
    };
  }
  return {
    ...known,
    status: asks ? "awaiting-reply" : "done",
    reason,
    ...(by === "owner"
      ? { ownerWroteAt: Math.max(at, known.ownerWroteAt), exchanges: 0 }
      : { weWroteAt: Math.max(at, known.weWroteAt), exchanges: known.exchanges + 1 }),
    snoozedUntil: 0,
    updatedAt: now,
  };
}
