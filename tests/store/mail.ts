import { conversationId, type InboundMessage, type OutboundMessage } from "../../src/core/message.ts";
import type { NewMessage, TurnRecord } from "../../src/core/store.ts";

/** A message in the direct chat "room" of the channel "test"; says its own id unless told otherwise. */
export function inbound(id: string, extra: Partial<InboundMessage> = {}): InboundMessage {
  return {
    id,
    address: { channel: "test", chat: "room" },
    sender: { id: "test:ada", name: "Ada", isBot: false },
    text: `say ${id}`,
    attachments: [],
    isAddressed: true,
    isGroup: false,
    sentAt: 0,
    kind: "message",
    ...extra,
  };
}

export function outbound(id: string, extra: Partial<OutboundMessage> = {}): OutboundMessage {
  return {
    id,
    address: { channel: "test", chat: "room" },
    text: `text of ${id}`,
    attachments: [],
    ...extra,
  };
}

export const room = conversationId({ channel: "test", chat: "room" });

/** What is kept of a person's message. */
export function kept(id: string, extra: Partial<NewMessage> = {}): NewMessage {
  return {
    conversation: room,
    session: 1,
    turnId: `turn-${id}`,
    message: { role: "user", content: [{ type: "text", text: `say ${id}` }] },
    externalId: id,
    senderName: "Ada",
    shown: inbound(id),
    inContext: true,
    at: 1_000,
    ...extra,
  };
}

export function turn(id: string, extra: Partial<TurnRecord> = {}): TurnRecord {
  return {
    id,
    conversation: room,
    state: "running",
    inbox: [],
    isTainted: false,
    persona: "general",
    startedAt: 1_000,
    ...extra,
  };
}
