import { createHash } from "node:crypto";
import type { Attachment, InboundMessage, Person } from "../../src/core/message.ts";
import { isAutomatedMail } from "./automated.ts";
import { findHeader, parseMessageIds, type MailHeader } from "./headers.ts";
import { parseHtmlText } from "./html.ts";
import { directPrefix, parseOwnMessageId } from "./identity.ts";
import { cutQuotedHistory } from "./quote.ts";
import type { ThreadMail } from "./threads.ts";

export interface MailAddress {
  readonly name: string;
  /** addr-spec in lower case. */
  readonly address: string;
}

/** A mail taken apart: MIME decoded, attachments stored. */
export interface MailParts {
  readonly headers: readonly MailHeader[];
  readonly from: readonly MailAddress[];
  readonly replyTo: readonly MailAddress[];
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly subject: string;
  /** The Date field; may be nonsense. */
  readonly date: Date | undefined;
  readonly text: string | undefined;
  readonly html: string | undefined;
  readonly attachments: readonly Attachment[];
  /** What could not be taken over, as sentences for the reader. */
  readonly notes: readonly string[];
}

/** Where and when a mail lay in the mailbox, and whose mailbox it is. */
export interface MailPlace {
  readonly channel: string;
  /** Ours. */
  readonly ownAddress: string;
  readonly uid: number;
  /** When the server took it in; epoch milliseconds. */
  readonly receivedAt: number;
  readonly trustedAuthServer: string | undefined;
}

/** How a mail hangs together with others, before its conversation is looked up. */
export interface MailLinks {
  readonly id: string;
  /** References and In-Reply-To, oldest first, each once. */
  readonly references: readonly string[];
}

const maxTextChars = 200_000;
const maxReferences = 12;

export function parseLinks(headers: readonly MailHeader[], place: MailPlace): MailLinks {
  const [ownId] = parseMessageIds(findHeader(headers, "message-id"));
  const references = parseMessageIds(findHeader(headers, "references"));
  const inReplyTo = parseMessageIds(findHeader(headers, "in-reply-to"));
  return {
    id: ownId === undefined ? hashMail(headers, place) : shortenId(ownId),
    references: [...new Set([...references, ...inReplyTo])],
  };
}

/**
 * The chat of a mail of which no earlier one is known: the root of its thread. A thread that began with a direct mail
 * of ours belongs to the other who writes in it. No root can be mistaken for somebody's direct chat.
 */
export function pickChat(links: MailLinks, other: string, place: MailPlace): string {
  const isDirect = links.references.some((id) => parseOwnMessageId(id, place.ownAddress)?.chatHash === "direct");
  if (isDirect) return directPrefix + other;
  return normaliseRoot(links.references[0] ?? links.id);
}

export function parseSender(parts: MailParts, place: MailPlace): Person {
  const from = parts.from[0];
  const isTrusted = place.trustedAuthServer === undefined || isAuthenticated(parts.headers, place.trustedAuthServer);
  const address = from?.address ?? "unknown";
  return {
    id: `${place.channel}:${isTrusted ? "" : "unverified:"}${address}`,
    name:
      clean(from?.name ?? "")
        .slice(0, 200)
        .trim() || address,
    isBot: isAutomatedMail(parts.headers),
  };
}

/** The message that a mail is, for the conversation `chat`. Pure; throws nothing. */
export function parseMail(parts: MailParts, links: MailLinks, chat: string, place: MailPlace): InboundMessage {
  const subject = clean(parts.subject).replaceAll(/\s+/g, " ").trim().slice(0, 998);
  const replyToId = links.references.at(-1);
  const sender = parseSender(parts, place);
  const others = listOthers(parts, place.ownAddress).filter((address) => address !== parts.from[0]?.address);
  return {
    id: links.id,
    address: { channel: place.channel, chat },
    sender,
    text: parseText(parts, subject, links.references.length > 0),
    attachments: parts.attachments,
    ...(replyToId === undefined ? {} : { replyToId: shortenId(replyToId) }),
    isAddressed: parts.to.some(({ address }) => isOurs(address, place.ownAddress)),
    isGroup: others.length > 0,
    sentAt: pickSentAt(parts.date, place.receivedAt),
    kind: "message",
    ...(subject === "" ? {} : { subject }),
    ...(sender.isBot ? { isAutomated: true } : {}),
  };
}

/**
 * The message that a mail in the Sent mailbox is: the owner's, whatever its From says, to the others. Pure; throws
 * nothing.
 */
export function parseOwnMail(parts: MailParts, links: MailLinks, chat: string, place: MailPlace): InboundMessage {
  const { isAutomated: _isAutomated, ...message } = parseMail(parts, links, chat, place);
  return {
    ...message,
    sender: { id: `${place.channel}:${place.ownAddress.toLowerCase()}`, name: message.sender.name, isBot: false },
    isAddressed: false,
    isGroup: listOthers(parts, place.ownAddress).length > 1,
    isOwn: true,
  };
}

/** Whom a mail went to, in To and Cc, each once and without us. */
export function listOthers({ to, cc }: Pick<MailParts, "to" | "cc">, ownAddress: string): readonly string[] {
  return [...new Set([...to, ...cc].map(({ address }) => address))].filter((address) => !isOurs(address, ownAddress));
}

/** What an answer to this mail will need; undefined when nobody could be answered. */
export function parseThreadMail(
  parts: MailParts,
  links: MailLinks,
  to: string | undefined = (parts.replyTo[0] ?? parts.from[0])?.address,
): ThreadMail | undefined {
  if (to === undefined) return undefined;
  const chain = [...links.references, links.id].filter(
    (id) => !/^(?:no-id|long)-[0-9a-f]{32,64}$/.test(id) && id.length <= 300,
  );
  // RFC 5322 has no limit, servers have: the root and the latest keep the thread together.
  const references = chain.length <= maxReferences ? chain : [...chain.slice(0, 1), ...chain.slice(1 - maxReferences)];
  return { id: links.id, to, subject: clean(parts.subject).slice(0, 300), references };
}

function parseText(parts: MailParts, subject: string, isReply: boolean): string {
  const plain = clean(parts.text ?? "");
  const whole = plain.trim() === "" ? clean(parseHtmlText(parts.html ?? "")) : plain;
  const isCut = whole.length > maxTextChars;
  const text = cutQuotedHistory(whole.slice(0, maxTextChars), { isReply, subject });
  const notes = isCut ? [...parts.notes, "The text was longer than could be taken."] : parts.notes;
  return [text, ...notes.map((note) => `[${clean(note)}]`)]
    .filter((block) => block !== "")
    .join("\n\n")
    .toWellFormed();
}

/** The Date field is the sender's word: believed when it lies near the server's. */
function pickSentAt(date: Date | undefined, receivedAt: number): number {
  const sentAt = date?.getTime() ?? Number.NaN;
  return sentAt > receivedAt - 7 * 86_400_000 && sentAt < receivedAt + 600_000 ? sentAt : receivedAt;
}

/** DMARC, as the trusted server judged it (RFC 8601). Servers put theirs on top and drop forged ones of their name. */
function isAuthenticated(headers: readonly MailHeader[], server: string): boolean {
  const result = headers.find(
    ({ key, value }) =>
      key === "authentication-results" && value.split(/[;\s]/)[0]?.toLowerCase() === server.toLowerCase(),
  );
  // Quoted strings and comments may hold words that the sender chose.
  const verdict = (result?.value.slice(0, 8_192) ?? "").replaceAll(/"(?:[^"\\]|\\.)*"|\([^()]*\)/g, "");
  return /;\s*dmarc\s*=\s*pass\b/i.test(verdict);
}

/** Our address, a "+tag" of it included. */
function isOurs(address: string, own: string): boolean {
  const at = own.lastIndexOf("@");
  const [local, domain] = [own.slice(0, at).toLowerCase(), own.slice(at).toLowerCase()];
  return address === local + domain || (address.startsWith(`${local}+`) && address.endsWith(domain));
}

function hashMail(headers: readonly MailHeader[], place: MailPlace): string {
  const fields = headers.filter(({ key }) => /^(?:from|to|subject|date|received)$/.test(key));
  // Received fields tell two equal mails apart, also after the mailbox was numbered anew; without them only the UID does.
  const uid = fields.some(({ key }) => key === "received") ? 0 : place.uid;
  return `no-id-${createHash("sha256")
    .update(JSON.stringify([uid, fields]))
    .digest("hex")
    .slice(0, 32)}`;
}

function normaliseRoot(id: string): string {
  const at = id.lastIndexOf("@");
  const root = at < 0 ? id : id.slice(0, at) + id.slice(at).toLowerCase();
  return root.startsWith(directPrefix) ? `root-${createHash("sha256").update(root).digest("hex")}` : shortenId(root);
}

/** As ids are kept: long ones as their digest. */
export function shortenId(id: string): string {
  return id.length <= 250 ? id : `long-${createHash("sha256").update(id).digest("hex")}`;
}

/** No NUL (PostgreSQL refuses it), no other control characters than white space, no half surrogates. */
function clean(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "")
    .toWellFormed();
}
