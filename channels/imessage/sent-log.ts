import type { ChannelNotes, ChannelState, DeliveryReport } from "../../src/core/channel.ts";
import { createBoundedList } from "../_shared/bounded-list.ts";
import type { BlueMessage } from "./message.ts";

interface Sent {
  readonly guid: string;
  readonly outboundId: string;
  readonly isLast: boolean;
}

/** Which messages are ours: for reports of what became of them, for replies to them, and for telling them from others. */
export interface SentLog {
  /** To be stored together with the part. */
  prepareNote(sent: Sent): Promise<ChannelNotes>;
  guids(): Promise<ReadonlySet<string>>;
  /** What is known of a message of ours now. A message has arrived when its last part has. */
  report(message: BlueMessage): Promise<DeliveryReport | undefined>;
}

export function createSentLog(state: ChannelState): SentLog {
  const list = createBoundedList<Sent>(state, "sent", 400, ({ guid }) => guid);
  return {
    prepareNote: (sent) => list.preparePut(sent),
    guids: async () => new Set((await list.load()).map(({ guid }) => guid)),
    async report({ guid, error, dateRead, dateDelivered, isDelivered }) {
      const sent = (await list.load()).find((each) => each.guid === guid);
      if (sent === undefined) return undefined;
      const { outboundId } = sent;
      if ((error ?? 0) !== 0) return { outboundId, state: "failed", reason: describeSendError(error ?? 0) };
      if (!sent.isLast) return undefined;
      if ((dateRead ?? 0) > 0) return { outboundId, state: "read" };
      return (dateDelivered ?? 0) > 0 || isDelivered === true ? { outboundId, state: "delivered" } : undefined;
    },
  };
}

/** Messages' own codes, as far as they are known. */
export function describeSendError(code: number): string {
  if (code === 22) return "the recipient is not on iMessage";
  if (code === 4) return "Messages could not reach Apple in time";
  if (code === 3) return "the Mac has no connection";
  return `Messages could not deliver it (error ${code})`;
}
