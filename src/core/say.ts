import { conversationId, type InboundMessage, type OutboundMessage } from "./message.ts";
import type { NewMessage, StoreTransaction } from "./store.ts";

/** An answer to a message, in its place. */
export function createReply(to: InboundMessage, id: string, text: string): OutboundMessage {
  return {
    id,
    address: to.address,
    text,
    attachments: [],
    replyToId: to.id,
    ...(to.subject === undefined ? {} : { subject: to.subject }),
  };
}

/** A message of ours as people see it; not shown to the model. */
export function toShownMessage(
  conversation: { readonly id: string; readonly session: number },
  turnId: string,
  message: OutboundMessage,
  at: number,
): NewMessage {
  return {
    conversation: conversation.id,
    session: conversation.session,
    turnId,
    message: { role: "assistant", content: [{ type: "text", text: message.text }] },
    externalId: message.id,
    senderName: "Parlance",
    shown: message,
    inContext: false,
    at,
  };
}

/** Says something outside any turn: into the outbox, and into what people see of that conversation. */
export async function say(transaction: StoreTransaction, message: OutboundMessage, at: number): Promise<void> {
  const conversation = { id: conversationId(message.address), session: 0 };
  await transaction.addOutbox([message], conversation.id);
  await transaction.addMessages([toShownMessage(conversation, message.id, message, at)]);
}
