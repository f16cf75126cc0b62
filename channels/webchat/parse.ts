import type { Attachment, InboundMessage, Person } from "../../src/core/message.ts";
import { formatChatId, ownerOf } from "./chat-id.ts";

/** What a person wrote on the page, as everybody else in Parlance reads it. */
export function parseMessage(
  frame: { readonly id: string; readonly chat: string; readonly text: string },
  about: {
    readonly channel: string;
    readonly sender: Person;
    readonly attachments: readonly Attachment[];
    readonly at: number;
  },
): InboundMessage {
  return {
    id: frame.id,
    address: { channel: about.channel, chat: formatChatId(ownerOf(about.sender.id), frame.chat) },
    sender: about.sender,
    text: frame.text,
    attachments: about.attachments,
    isAddressed: true,
    isGroup: false,
    sentAt: about.at,
    kind: frame.text.startsWith("/") ? "command" : "message",
  };
}
