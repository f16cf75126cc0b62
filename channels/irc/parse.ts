import { createHash } from "node:crypto";
import type { MessageEvent } from "irc-framework";
import type { InboundMessage } from "../../src/core/message.ts";

/** Who somebody is, as far as the server vouches for it. */
export interface Identity {
  /** "account:ada" (proven by a password) or "host:~ada@203.0.113.7" (where they come from). */
  readonly key: string;
  readonly isBot: boolean;
}

/** What parsing needs to know about the connection. */
export interface ParseContext {
  /** Name of the configured instance. */
  readonly channel: string;
  readonly ownNick: string;
  /** The configured nick: people use it even while somebody else holds it. */
  readonly wantedNick: string;
  /** Lower case as this network counts it: "[" and "{" are often one letter. */
  readonly lower: (text: string) => string;
  readonly isRoom: (target: string) => boolean;
  /** An id that no other message has, for servers that give none. */
  readonly freshId: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/**
 * Undefined for what nobody shall react to: our own echo, a server's words, messages for operators only, blank ones.
 * A direct chat is named after who somebody is, because anybody can take a nick that was left.
 */
export function parseMessage(
  event: MessageEvent,
  type: "privmsg" | "action",
  identity: Identity,
  context: ParseContext,
): InboundMessage | undefined {
  if (!isForUs(event, context)) return undefined;
  const isGroup = context.isRoom(event.target);
  const words = stripFormatting(event.message).trim();
  const called =
    type === "action"
      ? undefined
      : (stripNick(words, context.ownNick, context.lower) ?? stripNick(words, context.wantedNick, context.lower));
  const text = type === "action" ? `${event.nick} ${words}` : (called ?? words);
  if (words === "" || text === "") return undefined;
  const isBot = identity.isBot || "bot" in event.tags || "draft/bot" in event.tags;
  return {
    id: pickId(event, type, context),
    address: isGroup
      ? { channel: context.channel, chat: context.lower(event.target) }
      : { channel: context.channel, chat: directChat(identity.key, context.lower(event.nick)) },
    sender: { id: `${context.channel}:${identity.key}`, name: event.nick, isBot },
    text,
    attachments: [],
    isAddressed: !isGroup || called !== undefined,
    isGroup,
    sentAt: event.time ?? context.receivedAt,
    kind: "message",
    ...(isBot ? { isAutomated: true } : {}),
  };
}

/** Cheap, and known before anybody asks the server who the sender is. */
export function isForUs(event: MessageEvent, context: Pick<ParseContext, "ownNick" | "lower" | "isRoom">): boolean {
  if (event.nick === "" || event.group !== undefined) return false;
  const { lower, ownNick } = context;
  if (lower(event.nick) === lower(ownNick)) return false;
  return context.isRoom(event.target) || lower(event.target) === lower(ownNick);
}

/** Identity from what came with a message or a WHOIS; the host is lower-cased because DNS is. */
export function identityOf(account: string | undefined, ident: string, hostname: string, isBot: boolean): Identity {
  const isKnown = account !== undefined && account !== "" && account !== "*" && account !== "0";
  return {
    key: isKnown ? `account:${account.toLowerCase()}` : `host:${ident}@${hostname}`.toLowerCase(),
    isBot,
  };
}

/**
 * "account:ada", whatever nick it goes by; for others the mask "ada!~ada@203.0.113.7", because several people may come
 * from one host.
 */
export function directChat(identityKey: string, nick: string): string {
  return identityKey.startsWith("host:") ? `${nick}!${identityKey.slice("host:".length)}` : identityKey;
}

/** The identity key of a direct chat, and its nick where the chat names it; undefined for a room or a bare nick. */
export function parseDirectChat(chat: string): { readonly key: string; readonly nick?: string } | undefined {
  if (chat.startsWith("account:")) return { key: chat };
  const mark = chat.indexOf("!");
  return mark > 0 && chat.includes("@", mark)
    ? { key: `host:${chat.slice(mark + 1)}`, nick: chat.slice(0, mark) }
    : undefined;
}

/**
 * Removes the codes for bold, colour and so on (https://modern.ircdocs.horse/formatting) and all other control
 * characters, tabs excepted.
 */
export function stripFormatting(text: string): string {
  return text
    .replaceAll(/\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9a-f]{6}(?:,[0-9a-f]{6})?)?/gi, "")
    .replaceAll(/[^\P{Cc}\t]/gu, "");
}

/** "parlance: hello" -> "hello"; undefined when the text does not begin with the nick. */
function stripNick(text: string, nick: string, lower: (text: string) => string): string | undefined {
  const start = text.startsWith("@") ? 1 : 0;
  if (lower(text.slice(start, start + nick.length)) !== lower(nick)) return undefined;
  return /^[:,]\s*(.*)$/su.exec(text.slice(start + nick.length))?.[1];
}

/**
 * The server's msgid. Where it only tells the time (bouncers replay with it), sender, time and words make an id that is
 * the same in every replay. Otherwise nothing is ever replayed, and a fresh id does.
 */
function pickId(event: MessageEvent, type: string, context: ParseContext): string {
  const given = event.tags["msgid"] ?? event.tags["draft/msgid"];
  if (given !== undefined && given !== "") return given;
  if (event.time === undefined) return context.freshId;
  const marks = [event.time, type, event.nick, event.target, event.message];
  return `t-${createHash("sha256").update(JSON.stringify(marks)).digest("base64url").slice(0, 22)}`;
}
