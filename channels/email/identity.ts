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
  const chatHash = chat.startsWith(directPrefix) ? "direct" : hashChat(chat);
  return `parlance.${formatIdWord(outboundId)}.${chatHash}@${domainOf(address)}`;
}

/** The Message-ID of a draft: the same each time, and none that `parseOwnMessageId` knows, for the owner may send it. */
export function formatDraftMessageId(draftId: string, address: string): string {
  return `parlance-draft.${formatIdWord(draftId)}@${domainOf(address)}`;
}

function formatIdWord(id: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : createHash("sha256").update(id).digest("hex");
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

/** Behind the mark of a mail that a person approved word for word. */
export const approvedMark = " approved";

function hasMark(headers: readonly MailHeader[], address: string): boolean {
  return findHeader(headers, "x-parlance")?.replace(approvedMark, "") === formatMark(address);
}

/** Was it sent from this very account: by us, or by its owner with another program? */
export function isOwnMail(headers: readonly MailHeader[], address: string): boolean {
  if (parseAddrSpec(findHeader(headers, "from")) === address.toLowerCase()) return true;
  const [messageId] = parseMessageIds(findHeader(headers, "message-id"));
  if (messageId === undefined || parseOwnMessageId(messageId, address) === undefined) return false;
  return hasMark(headers, address);
}

/** Did we send it ourselves? In the Sent mailbox one sign is enough: some servers give a Message-ID of their own. */
export function isSentByUs(headers: readonly MailHeader[], address: string): boolean {
  const [messageId] = parseMessageIds(findHeader(headers, "message-id"));
  if (messageId !== undefined && parseOwnMessageId(messageId, address) !== undefined) return true;
  return hasMark(headers, address);
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1).toLowerCase();
}
