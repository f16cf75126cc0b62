import type { Reconciliation, SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import type { OwnSends } from "../_shared/own-sends.ts";
import { parseChatGuid } from "./chat-id.ts";
import type { BlueMessage } from "./message.ts";
import { describePart, formatPartKey, formatParts, listContents, type Part } from "./parts.ts";
import type { SentLog } from "./sent-log.ts";

/** Messages writes a message down when it sends it, which may be some time after it was told to. */
const settleMs = 60_000;
/** Between our clock and the Mac's. */
const skewMs = 10_000;
const maxLooked = 500;

export interface ReconcileParts {
  readonly maxUploadBytes: number;
  readonly sentLog: SentLog;
  readonly ownSends: OwnSends;
  readonly now: () => number;
  /** The latest messages since then, latest first. */
  readonly listSince: (after: number, limit: number, signal: AbortSignal) => Promise<readonly BlueMessage[]>;
}

/** When the attempt began. */
export function formatHint(now: number): string {
  return String(now);
}

/**
 * The Mac keeps everything that was sent. What went to this chat from us since the attempt began, is none of those we
 * know, and says the same, is the part in doubt. Throws AppError with retryAfterMs while it is too early to tell.
 */
export async function reconcileParts(
  message: OutboundMessage,
  delivery: SendContext,
  { maxUploadBytes, sentLog, ownSends, now, listSince }: ReconcileParts,
): Promise<Reconciliation> {
  const part = formatParts(message, maxUploadBytes)[delivery.sentParts.length];
  if (part === undefined) return { state: "absent" };
  const startedAt = Number(delivery.hint ?? Number.NaN);
  if (!Number.isFinite(startedAt)) return { state: "unknown", reason: "nobody noted when it was sent" };
  const listed = await listSince(startedAt - skewMs, maxLooked, delivery.signal);
  const known = new Set([...(await sentLog.guids()), ...delivery.sentParts]);
  const found = listed.filter(
    (each) =>
      each.isFromMe === true &&
      !known.has(each.guid) &&
      (each.error ?? 0) === 0 &&
      parseChatGuid(each.chats?.[0]?.guid ?? "")?.chat === message.address.chat &&
      isSamePart(each, part),
  );
  if (found.length === 1 && found[0] !== undefined) {
    const { guid } = found[0];
    const isLast = delivery.sentParts.length === formatParts(message, maxUploadBytes).length - 1;
    const sent = await sentLog.prepareNote({ guid, outboundId: message.id, isLast });
    const notes = { ...sent, ...(await ownSends.prepareEnd(formatPartKey(message.id, delivery.sentParts.length))) };
    return { state: "arrived", platformId: guid, notes };
  }
  if (found.length > 1) return { state: "unknown", reason: "the Mac has several messages that say the same" };
  if (listed.length >= maxLooked) return { state: "unknown", reason: "there are too many messages to look through" };
  const age = now() - startedAt;
  if (age < settleMs)
    throw new AppError("unreachable", "It is too early to tell whether Messages has sent it.", {
      retryAfterMs: Math.max(1, settleMs - age),
    });
  return { state: "absent" };
}

export function isSamePart(message: BlueMessage, part: Part): boolean {
  return listContents(message).includes(describePart(part));
}
