import type { MessageKind } from "../../cdc/classification.ts";
import { decideThreadStatus, type ThreadEvent as ThreadStep } from "../../cdc/thread-status.ts";
import type { ThreadEvent, ThreadRecord } from "../../core/cdc.ts";

/** So many of the newest say where a thread stands; older ones have been answered or never will be. */
const keptEvents = 12;

/** Where a thread stands after something was written in it. Pure. */
export function nextThread(
  conversation: string,
  before: ThreadRecord | undefined,
  event: ThreadEvent,
  now: number,
): ThreadRecord {
  const events = [...(before?.events ?? []), event].slice(-keptEvents);
  const { status, reason } = decideThreadStatus(
    events.map((each): ThreadStep => ({ ...each, kind: each.kind as MessageKind })),
  );
  const { by, at, asks } = event;
  const wrote = (who: ThreadEvent["by"], since = 0): number => (by === who ? Math.max(at, since) : since);
  return {
    conversation,
    status,
    reason,
    events,
    theyWroteAt: wrote("other", before?.theyWroteAt),
    ownerWroteAt: wrote("owner", before?.ownerWroteAt),
    weWroteAt: wrote("us", before?.weWroteAt),
    exchanges: by === "owner" ? 0 : (before?.exchanges ?? 0) + (by === "us" ? 1 : 0),
    // A new question is not snoozed with the old one.
    snoozedUntil: by !== "other" || asks ? 0 : (before?.snoozedUntil ?? 0),
    updatedAt: now,
  };
}
