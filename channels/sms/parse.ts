import type { Attachment, InboundMessage } from "../../src/core/message.ts";
import type { TwilioInbound } from "../_shared/twilio-inbound.ts";

export interface ParseContext {
  readonly channel: string;
  /** The command of a number that answers an open list. */
  readonly command?: string | undefined;
  readonly attachments?: readonly Attachment[];
  readonly remarks?: readonly string[];
}

/** An SMS or MMS. The sender is the number; a short code or a name instead of one is a machine. */
export function parseMessage(
  inbound: TwilioInbound,
  { channel, command, attachments = [], remarks = [] }: ParseContext,
): InboundMessage {
  const words = command ?? inbound.body;
  const isCommand = command !== undefined || /^\/[a-z]/i.test(words);
  return {
    id: inbound.sid,
    address: { channel, chat: inbound.from },
    sender: { id: `${channel}:${inbound.from}`, name: inbound.from, isBot: false },
    text: [words, ...remarks].filter((text) => text !== "").join("\n\n"),
    attachments,
    isAddressed: true,
    isGroup: false,
    sentAt: inbound.sentAt,
    kind: isCommand ? "command" : "message",
    ...(/^\+\d+$/.test(inbound.from) ? {} : { isAutomated: true }),
  };
}
