import type { InboundMessage } from "../../src/core/message.ts";
import { parseContent, type MediaReference } from "./parse-content.ts";
import type { WebhookContact, WebhookMessage, WebhookValue } from "./payload.ts";

export interface ParsedMessage {
  readonly message: InboundMessage;
  readonly media?: MediaReference;
}

/**
 * One message of a call. The sender is the phone number, as WhatsApp writes it (digits), or the business-scoped id where
 * the number is not told. Undefined for our own messages and what is no message.
 */
export function parseMessage(message: WebhookMessage, value: WebhookValue, channel: string): ParsedMessage | undefined {
  const sender = pickSender(message);
  const own = digits(value.metadata?.display_phone_number ?? "");
  if (message.id === undefined || sender === undefined || sender === own) return undefined;
  const contact = findContact(message, value.contacts ?? []);
  const isGroup = message.group_id !== undefined;
  const base = {
    id: message.id,
    address: { channel, chat: message.group_id ?? sender },
    sender: { id: `${channel}:${sender}`, name: pickName(contact) ?? sender, isBot: false },
    attachments: [],
    isGroup,
    sentAt: Number(message.timestamp ?? 0) * 1_000,
  };
  const change = parseChange(message);
  if (change !== undefined) return { message: { ...base, ...change, isAddressed: !isGroup } };
  const content = parseContent(message);
  if (content === undefined) return undefined;
  const { text, media, isPress = false } = content;
  const isCommand = isPress || /^\/[a-z]/i.test(text);
  const isReplyToUs = digits(message.context?.from ?? "") === own && own !== "";
  return {
    message: {
      ...base,
      text,
      ...(message.context?.id === undefined ? {} : { replyToId: message.context.id }),
      isAddressed: !isGroup || isCommand || isReplyToUs || (own !== "" && text.includes(`@${own}`)),
      kind: isCommand ? "command" : "message",
    },
    ...(media === undefined ? {} : { media }),
  };
}

/** Who wrote it: the number where it is told, else the business-scoped id. */
export function pickSender(message: WebhookMessage): string | undefined {
  return message.from ?? message.from_user_id;
}

function findContact(message: WebhookMessage, contacts: readonly WebhookContact[]): WebhookContact | undefined {
  const exact = contacts.find(
    ({ wa_id: number, user_id: id }) =>
      (number !== undefined && number === message.from) || (id !== undefined && id === message.from_user_id),
  );
  return exact ?? (contacts.length === 1 ? contacts[0] : undefined);
}

function pickName(contact: WebhookContact | undefined): string | undefined {
  const { name, username } = contact?.profile ?? {};
  return [name, username].find((each) => each !== undefined && each.trim() !== "");
}

function parseChange(message: WebhookMessage): Pick<InboundMessage, "kind" | "text" | "targetId"> | undefined {
  const { reaction, edit, revoke } = message;
  if (message.type === "reaction" && reaction?.message_id !== undefined)
    return { kind: "reaction", text: reaction.emoji ?? "", targetId: reaction.message_id };
  if (message.type === "edit" && edit?.original_message_id !== undefined)
    return { kind: "edit", text: parseContent(edit.message ?? {})?.text ?? "", targetId: edit.original_message_id };
  if (message.type === "revoke" && revoke?.original_message_id !== undefined)
    return { kind: "deletion", text: "", targetId: revoke.original_message_id };
  return undefined;
}

function digits(number: string): string {
  return number.replaceAll(/\D/g, "");
}
