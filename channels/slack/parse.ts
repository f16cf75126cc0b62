import type { Address, InboundMessage, Person } from "../../src/core/message.ts";
import { parseEmoji } from "./emoji.ts";
import { formatMessageId, isDirect, timeOf } from "./message-id.ts";
import { parseMrkdwn, type NameLookup } from "./mrkdwn.ts";
import { isOurs, listMentions, type Me } from "./mentions.ts";
import { parseAttachments, parseFiles, type IncomingFile } from "./parse-content.ts";
import type { SlackEvent, SlackMessage } from "./payloads.ts";

export interface ParseContext {
  /** Name of the configured instance. */
  readonly channel: string;
  readonly me: Me;
  readonly threads: "follow" | "mention" | "flat";
  readonly names: NameLookup & { isBot(id: string): boolean };
  /** Was somebody speaking to us in this thread before? */
  isFollowed(chat: string, thread: string): boolean;
  /** The thread of a message that was seen before, for events that name none. */
  threadOf(chat: string, ts: string): string | undefined;
}

export interface ParsedEvent {
  readonly message: InboundMessage;
  /** To be fetched before the message is handed over. */
  readonly files: readonly IncomingFile[];
  /** Of the message that it is about: what moves the cursor. Undefined for what is no new message. */
  readonly ts?: string;
}

/** What people do not say but Slack does: joins, topics, pins, calls and the like have a subtype outside this list. */
const spoken = new Set(["", "file_share", "thread_broadcast", "me_message", "bot_message"]);

/** Undefined for what is no message to us: our own words, what Slack itself tells, kinds unknown. */
export function parseEvent(event: SlackEvent, context: ParseContext): ParsedEvent | undefined {
  const { type, subtype = "" } = event;
  const chat = pickChat(event);
  if (type === "reaction_added" || type === "reaction_removed") return parseReaction(event, context);
  if (chat === undefined || (type !== "message" && type !== "app_mention")) return undefined;
  if (subtype === "message_changed") return parseChange(event, chat, context);
  if (subtype === "message_deleted") return parseDeletion(event, event.deleted_ts, chat, context);
  return spoken.has(subtype) && event.hidden !== true ? parseMessage(event, chat, context) : undefined;
}

/** Where it took place: what has to be handled in order. */
export function pickChat(event: SlackEvent): string | undefined {
  // Of some kinds it is an object.
  const chat: unknown = event.channel ?? event.item?.channel;
  return typeof chat === "string" ? chat : undefined;
}

/** A message, as an event or a history tells it. app_mention and message tell the same one twice, under one id. */
export function parseMessage(message: SlackMessage, chat: string, context: ParseContext): ParsedEvent | undefined {
  const { ts } = message;
  const sender = parseSender(message, context);
  if (ts === undefined || sender === undefined || isOurs(message, context.me)) return undefined;
  const shared = parseAttachments(message, chat, context.names);
  const files = parseFiles(message);
  const isGroup = !isDirect(chat);
  const isMention = isGroup && listMentions(message.text).includes(context.me.userId);
  const words = stripOurName(message.text ?? "", context);
  // Somebody who writes nothing but our name does speak to us.
  const isBare = words === "" && isMention && files.length === 0 && shared.texts.length === 0;
  const text = isBare
    ? parseMrkdwn(message.text ?? "", context.names)
    : [words, ...shared.texts].filter((each) => each !== "").join("\n\n");
  if (text === "" && files.length === 0) return undefined;

  const thread = pickThread(message, ts, isMention, context);
  const isReplyToUs = message.thread_ts !== undefined && message.parent_user_id === context.me.userId;
  const replyToId = shared.replyToId ?? (isReplyToUs ? formatMessageId(chat, message.thread_ts ?? "") : undefined);
  const isAutomated = sender.isBot || message.subtype === "bot_message";
  return {
    files,
    ts,
    message: {
      id: formatMessageId(chat, ts),
      address: { channel: context.channel, chat, ...(thread === undefined ? {} : { thread }) },
      sender,
      text,
      attachments: [],
      ...(replyToId === undefined ? {} : { replyToId }),
      isAddressed: !isGroup || isMention || continuesWithUs(message, chat, isReplyToUs, context),
      isGroup,
      sentAt: timeOf(ts),
      kind: "message",
      ...subjectOf(chat, context),
      ...(isAutomated ? { isAutomated } : {}),
    },
  };
}

/** A mention at the top of a channel opens a thread below itself, in which the answer and all that follows stands. */
function pickThread(message: SlackMessage, ts: string, isMention: boolean, context: ParseContext): string | undefined {
  // The head of a thread names itself once it has replies.
  if (message.thread_ts !== undefined && message.thread_ts !== ts) return message.thread_ts;
  return isMention && context.threads !== "flat" ? ts : undefined;
}

/** Is it said to us without a mention: below a message of ours, or in a thread where we are spoken with? */
function continuesWithUs(message: SlackMessage, chat: string, isReplyToUs: boolean, context: ParseContext): boolean {
  const { thread_ts: thread } = message;
  if (thread === undefined) return false;
  // "@Bob could you look?" is not said to us, wherever it is written.
  if (/^\s*<@/.test(message.text ?? "")) return false;
  return isReplyToUs || (context.threads === "follow" && context.isFollowed(chat, thread));
}

/** Slack also tells a change when it unfurls a link or counts replies; only people's edits carry a new `edited`. */
function parseChange(event: SlackEvent, chat: string, context: ParseContext): ParsedEvent | undefined {
  const { message, previous_message: previous } = event;
  if (message?.subtype === "tombstone") return parseDeletion(event, message.ts, chat, context);
  const editedAt = message?.edited?.ts;
  if (message === undefined || editedAt === undefined || editedAt === previous?.edited?.ts) return undefined;
  if (previous !== undefined && previous.text === message.text) return undefined;
  const parsed = parseMessage({ ...message, subtype: "" }, chat, context);
  if (parsed === undefined) return undefined;
  const { id } = parsed.message;
  const edit: InboundMessage = {
    ...parsed.message,
    id: `${id}:edit:${editedAt}`,
    targetId: id,
    kind: "edit",
    sentAt: timeOf(editedAt),
  };
  // Files came with the message itself.
  return { message: edit, files: [] };
}

/** Without the message that was there nobody knows whose it was, and it is left out. */
function parseDeletion(
  { previous_message: previous, event_ts: at }: SlackEvent,
  ts: string | undefined,
  chat: string,
  context: ParseContext,
): ParsedEvent | undefined {
  if (previous === undefined || ts === undefined) return undefined;
  const parsed = parseMessage({ ...previous, ts, subtype: "", text: previous.text ?? " ", files: [] }, chat, context);
  const sender = parseSender(previous, context);
  if (sender === undefined || isOurs(previous, context.me)) return undefined;
  const id = formatMessageId(chat, ts);
  const thread = previous.thread_ts !== undefined && previous.thread_ts !== ts ? previous.thread_ts : undefined;
  const message: InboundMessage = {
    id: `${id}:deleted`,
    address: parsed?.message.address ?? { channel: context.channel, chat, ...(thread === undefined ? {} : { thread }) },
    sender,
    text: "",
    attachments: [],
    isAddressed: parsed?.message.isAddressed ?? isDirect(chat),
    isGroup: !isDirect(chat),
    sentAt: timeOf(at ?? ts),
    kind: "deletion",
    targetId: id,
    ...subjectOf(chat, context),
  };
  return { message, files: [] };
}

function parseReaction(event: SlackEvent, context: ParseContext): ParsedEvent | undefined {
  const { item, reaction, user, event_ts: at = "0", item_user: target } = event;
  if (item?.type !== "message" || item.channel === undefined || item.ts === undefined) return undefined;
  if (user === undefined || reaction === undefined || user === context.me.userId) return undefined;
  const chat = item.channel;
  const id = formatMessageId(chat, item.ts);
  const thread = context.threadOf(chat, item.ts);
  const address: Address = { channel: context.channel, chat, ...(thread === undefined ? {} : { thread }) };
  const isTaken = event.type === "reaction_removed";
  const message: InboundMessage = {
    id: `${id}:${isTaken ? "unreaction" : "reaction"}:${user}:${reaction}:${at}`,
    address,
    sender: parsePerson(user, context),
    text: isTaken ? "" : (parseEmoji(reaction) ?? `:${reaction}:`),
    attachments: [],
    isAddressed: isDirect(chat) || target === context.me.userId,
    isGroup: !isDirect(chat),
    sentAt: timeOf(at),
    kind: "reaction",
    targetId: id,
    ...subjectOf(chat, context),
  };
  return { message, files: [] };
}

function parseSender(message: SlackMessage, context: ParseContext): Person | undefined {
  if (message.user !== undefined) {
    const person = parsePerson(message.user, context);
    return message.bot_id === undefined ? person : { ...person, isBot: true };
  }
  if (message.bot_id === undefined) return undefined;
  return { id: `${context.channel}:${message.bot_id}`, name: message.username ?? message.bot_id, isBot: true };
}

export function parsePerson(id: string, context: Pick<ParseContext, "channel" | "names">): Person {
  return {
    id: `${context.channel}:${id}`,
    name: context.names.person(id) ?? id,
    isBot: id === "USLACKBOT" || context.names.isBot(id),
  };
}

/** "@Parlance, do it" is "do it". */
function stripOurName(text: string, context: ParseContext): string {
  return parseMrkdwn(text.replace(new RegExp(`^\\s*<@${context.me.userId}(?:\\|[^>]*)?>[,:]?\\s*`), ""), context.names);
}

function subjectOf(chat: string, context: ParseContext): { subject?: string } {
  const name = isDirect(chat) ? undefined : context.names.room(chat);
  return name === undefined ? {} : { subject: `#${name}` };
}
