import { createHash } from "node:crypto";
import { findHeader, parseAddrSpec, parseMessageIds, type MailHeader } from "./headers.ts";

/** What a Message-ID of ours tells. */
export interface OwnMessageId {
  readonly outboundId: string;
  /** `hashChat` of the conversation it was sent in, or "direct" for a chat that openDirect made. */
  readonly chatHash: string;
}

/** Prefix of chats that belong to a person and not to one mail thread. */
export const directPrefix = "to:";

export function hashChat(chat: string): string {
  return createHash("sha256").update(chat).digest("hex").slice(0, 16);
}

/**
 * The Message-ID (without brackets) of an outbound message: the same in every attempt, so that a mail sent twice is
 * one mail to every program that looks, and leads back to its conversation without anything being stored.
 */
export function formatMessageId(outboundId: string, chat: string, address: string): string {
  const id = /^[A-Za-z0-9_-]{1,64}$/.test(outboundId)
    ? outboundId
    : createHash("sha256").update(outboundId).digest("hex");
  const chatHash = chat.startsWith(directPrefix) ? "direct" : hashChat(chat);
  return `parlance.${id}.${chatHash}@${domainOf(address)}`;
}

/** Undefined when it is not one of ours. */
export function parseOwnMessageId(messageId: string, address: string): OwnMessageId | undefined {
  const match = /^parlance\.([A-Za-z0-9_-]{1,64})\.(direct|[0-9a-f]{16})@(.+)$/.exec(messageId);
  if (match === null || match[3]?.toLowerCase() !== domainOf(address)) return undefined;
  return { outboundId: match[1] ?? "", chatHash: match[2] ?? "" };
}

/** Value of our X-Parlance field: marks our mail without naming the account. */
export function formatMark(address: string): string {
  return createHash("sha256").update(`parlance:${address.toLowerCase()}`).digest("hex").slice(0, 16);
}

/** Was it sent from this very account: by us, or by its owner with another program? */
export function isOwnMail(headers: readonly MailHeader[], address: string): boolean {
  if (parseAddrSpec(findHeader(headers, "from")) === address.toLowerCase()) return true;
  const [messageId] = parseMessageIds(findHeader(headers, "message-id"));
  if (messageId === undefined || parseOwnMessageId(messageId, address) === undefined) return false;
  return findHeader(headers, "x-parlance") === formatMark(address);
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1).toLowerCase();
}
