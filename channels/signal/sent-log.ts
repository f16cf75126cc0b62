import type { ChannelNotes, ChannelState, DeliveryReport } from "../../src/core/channel.ts";
import { createBoundedList } from "../_shared/bounded-list.ts";
import type { MessageKey } from "./message-id.ts";

interface Sent {
  readonly timestamp: number;
  readonly outboundId: string;
  readonly chat: string;
  readonly isLast: boolean;
}

/** A send that was cut off: when it began, and when we heard no more. */
interface Lost {
  readonly outboundId: string;
  readonly chat: string;
  readonly from: number;
  readonly to: number;
}

/** The daemon's clock and ours: usually the same. */
const skewMs = 2_000;

/** Which of our messages a receipt is about. Receipts name a message by its time only. */
export interface SentLog {
  /** Is this message of our account one that we sent? */
  has(key: MessageKey): Promise<boolean>;
  /** To be stored together with the part. */
  prepareNote(sent: Sent): Promise<ChannelNotes>;
  /** The last part of a direct message was sent, or not: nobody can tell. */
  noteLost(lost: Lost): Promise<void>;
  /** What a receipt of this person says of our messages: a message has arrived when its last part has. */
  report(
    person: string,
    timestamps: readonly number[],
    state: "delivered" | "read",
  ): Promise<readonly DeliveryReport[]>;
}

export function createSentLog(state: ChannelState): SentLog {
  const sent = createBoundedList<Sent>(state, "sent", 300, ({ timestamp }) => String(timestamp));
  const lost = createBoundedList<Lost>(state, "lost", 50, ({ outboundId }) => outboundId);

  return {
    // Nobody writes two messages in the same millisecond.
    has: async ({ timestamp }) => (await sent.load()).some((each) => each.timestamp === timestamp),
    prepareNote: (entry) => sent.preparePut(entry),
    noteLost: (entry) => lost.put(entry),
    async report(person, timestamps, reached) {
      const [known, missing] = await Promise.all([sent.load(), lost.load()]);
      return timestamps.flatMap((timestamp): DeliveryReport[] => {
        const ours = known.find((each) => each.timestamp === timestamp);
        if (ours !== undefined)
          return ours.chat === person && ours.isLast ? [{ outboundId: ours.outboundId, state: reached }] : [];
        // Something that went to this person while that send was cut off, and that we know nothing of, is that send.
        const found = missing.filter(
          ({ chat, from, to }) => chat === person && timestamp >= from - skewMs && timestamp <= to + skewMs,
        );
        return found.length === 1 && found[0] !== undefined
          ? [{ outboundId: found[0].outboundId, state: reached }]
          : [];
      });
    },
  };
}
