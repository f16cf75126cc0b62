import type { Address, InboundMessage } from "../../src/core/message.ts";
import {
  isObject,
  localpart,
  pickTarget,
  pickThread,
  readMentions,
  readRelation,
  readText,
  type Content,
  type RoomEvent,
} from "./event.ts";
import { hasCaption, parseFile, type MatrixFile } from "./file-content.ts";
import { parseHtml, parsePill } from "./parse-html.ts";

/** What is known of an event that another one is about. */
export interface EventFacts {
  readonly sender: string;
  readonly thread?: string;
  /** Of a reaction: on what it was put. */
  readonly reactedTo?: string;
}

export interface ParseContext {
  /** Name of the configured instance. */
  readonly channel: string;
  readonly roomId: string;
  readonly me: { readonly userId: string; readonly names: readonly string[] };
  readonly senderName: string;
  readonly isGroup: boolean;
  readonly roomName?: string;
  /** What a reply, an edit, a reaction or a redaction is about; undefined when the server does not have it. */
  readonly target?: EventFacts;
  /** Set when the event was not encrypted, although its room is. */
  readonly isExposed?: boolean;
  /** Names of our commands, for those who write "!help". */
  readonly commands: readonly string[];
}

export interface ParsedEvent {
  readonly message: InboundMessage;
  readonly file?: MatrixFile | "broken";
}

/** The event, decrypted where it was encrypted. Undefined for what is no message to us: notices, our own, kinds unknown. */
export function parseEvent(event: RoomEvent, context: ParseContext): ParsedEvent | undefined {
  if (event.sender === context.me.userId || event.state_key !== undefined) return undefined;
  switch (event.type) {
    case "m.room.message":
    case "m.sticker":
      return readRelation(event.content).type === "m.replace"
        ? parseEdit(event, context)
        : parseMessage(event, event.content, context);
    case "m.reaction":
      return parseReaction(event, context);
    case "m.room.redaction":
      return parseRedaction(event, context);
    default:
      return undefined;
  }
}

function parseMessage(event: RoomEvent, content: Content, context: ParseContext): ParsedEvent | undefined {
  const { msgtype } = content;
  // Programs write notices, and nothing may answer them.
  if (msgtype === "m.notice" || (typeof msgtype === "string" && msgtype.startsWith("m.key.verification.")))
    return undefined;
  const file = parseFile(content, event.type);
  const { replyTo } = readRelation(content);
  const said = file === undefined || hasCaption(content) ? parseText(content, replyTo !== undefined) : "";
  const { text, isToUs } = stripOurName(said, context.me);
  if (text === "" && file === undefined) return undefined;
  const command = parseCommand(text, context.commands);
  const isReplyToUs = replyTo !== undefined && context.target?.sender === context.me.userId;
  const shown = command ?? (msgtype === "m.emote" ? `_${context.senderName}_ ${text}` : text);
  return {
    message: {
      ...parseEnvelope(event, context, pickThread(content)),
      id: event.event_id,
      // Whoever runs a server can write in anybody's name, so a command that came in the clear is none.
      text: context.isExposed === true ? `[Not encrypted, although the room is.] ${shown}`.trim() : shown,
      ...(replyTo === undefined ? {} : { replyToId: replyTo }),
      isAddressed:
        !context.isGroup || isToUs || isReplyToUs || isMentioned(content, context.me) || command !== undefined,
      kind: command === undefined || context.isExposed === true ? "message" : "command",
    },
    ...(file === undefined ? {} : { file }),
  };
}

/** Only who wrote a message may change it; servers do not see to that. */
function parseEdit(event: RoomEvent, context: ParseContext): ParsedEvent | undefined {
  const targetId = pickTarget(event);
  const content = event.content["m.new_content"];
  if (targetId === undefined || !isObject(content) || context.target?.sender !== event.sender) return undefined;
  const parsed = parseMessage(event, content, context);
  if (parsed === undefined) return undefined;
  const { thread } = context.target;
  const message = { ...parsed.message, ...parseEnvelope(event, context, thread), kind: "edit" as const, targetId };
  return { message };
}

function parseReaction(event: RoomEvent, context: ParseContext): ParsedEvent | undefined {
  const { type, eventId, key } = readRelation(event.content);
  if (type !== "m.annotation" || eventId === undefined || key === undefined || key === "") return undefined;
  return {
    message: {
      ...parseEnvelope(event, context, context.target?.thread),
      id: event.event_id,
      text: parseEmoji(key),
      isAddressed: context.target?.sender === context.me.userId,
      kind: "reaction",
      targetId: eventId,
    },
  };
}

/** What a moderator takes back is gone as well; it is told in the name of who wrote it. */
function parseRedaction(event: RoomEvent, context: ParseContext): ParsedEvent | undefined {
  const targetId = pickTarget(event);
  const { target, me } = context;
  if (targetId === undefined || target === undefined || target.sender === me.userId) return undefined;
  const isReaction = target.reactedTo !== undefined;
  const author =
    target.sender === event.sender ? {} : { sender: parsePerson(target.sender, localpart(target.sender), context) };
  return {
    message: {
      ...parseEnvelope(event, context, target.thread),
      ...author,
      id: event.event_id,
      text: "",
      isAddressed: false,
      kind: isReaction ? "reaction" : "deletion",
      targetId: target.reactedTo ?? targetId,
    },
  };
}

type Envelope = Pick<InboundMessage, "address" | "sender" | "attachments" | "isGroup" | "sentAt" | "subject">;

export function parseEnvelope(event: RoomEvent, context: ParseContext, thread: string | undefined): Envelope {
  const address: Address = {
    channel: context.channel,
    chat: context.roomId,
    ...(thread === undefined ? {} : { thread }),
  };
  return {
    address,
    sender: parsePerson(event.sender, context.senderName, context),
    attachments: [],
    isGroup: context.isGroup,
    sentAt: event.origin_server_ts,
    ...(context.roomName === undefined ? {} : { subject: context.roomName }),
  };
}

function parsePerson(userId: string, name: string, { channel }: ParseContext): InboundMessage["sender"] {
  return { id: `${channel}:${userId}`, name, isBot: false };
}

/** The words of a message as CommonMark. Without HTML they stay as they were typed: many people type Markdown. */
export function parseText(content: Content, isReply: boolean): string {
  const html = readText(content["formatted_body"]);
  if (content["format"] === "org.matrix.custom.html" && html !== undefined && html !== "") return parseHtml(html);
  const body = readText(content["body"]) ?? "";
  return (isReply ? stripQuoted(body) : body).trim();
}

/** Older programs put what is answered in front, quoted. */
function stripQuoted(body: string): string {
  return /^> (?:\* )?<@/.test(body) ? body.replace(/^(?:>[^\n]*(?:\n|$))+\n?/, "") : body;
}

function isMentioned(content: Content, me: ParseContext["me"]): boolean {
  const mentions = readMentions(content);
  if (mentions !== undefined) return mentions.includes(me.userId);
  const html = (readText(content["formatted_body"]) ?? "").replaceAll(/<mx-reply>[^]*?<\/mx-reply>/g, "");
  if ([...html.matchAll(/href="([^"]*)"/g)].some(([, href = ""]) => parsePill(href) === me.userId)) return true;
  const body = stripQuoted(readText(content["body"]) ?? "");
  return [me.userId, ...me.names].some((name) => name !== "" && hasWord(body, name));
}

function hasWord(text: string, word: string): boolean {
  const escaped = word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(String.raw`(?<![\p{L}\p{N}_])${escaped}(?![\p{L}\p{N}_])`, "iu").test(text);
}

/** "@bot:example.org: what is up" and "Bot, what is up" without the name, which says only to whom it is said. */
function stripOurName(text: string, me: ParseContext["me"]): { readonly text: string; readonly isToUs: boolean } {
  for (const name of [me.userId, ...me.names.flatMap((each) => [`@${each}`, each])]) {
    if (name.length < 2 || text.slice(0, name.length).toLowerCase() !== name.toLowerCase()) continue;
    const rest = text.slice(name.length);
    const isAddress = name === me.userId || name.startsWith("@") ? /^[:,]?(?:\s+|$)/ : /^[:,]\s*/;
    if (!isAddress.test(rest)) continue;
    const words = rest.replace(isAddress, "").trim();
    return { text: words === "" ? text : words, isToUs: true };
  }
  return { text, isToUs: false };
}

/** Element keeps what begins with a slash to itself, so commands of ours may begin with "!". */
function parseCommand(text: string, commands: readonly string[]): string | undefined {
  const [, mark, name = "", rest = ""] = /^([/!])([a-z][\w-]*)((?:\s[^]*)?)$/i.exec(text) ?? [];
  if (mark === "!") return commands.includes(name.toLowerCase()) ? `/${name.toLowerCase()}${rest}` : undefined;
  return mark === undefined || !commands.includes(name.toLowerCase()) ? undefined : text;
}

/** Element asks for the coloured form of what is coloured anyway: a thumb is a thumb. */
function parseEmoji(key: string): string {
  const bare = key.replaceAll("\u{fe0f}", "");
  return /^\p{Emoji_Presentation}/u.test(bare) && !bare.includes("\u{200d}") ? bare : key;
}
