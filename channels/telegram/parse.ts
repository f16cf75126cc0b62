import type { Message, MessageEntity, MessageReactionUpdated, Update, CallbackQuery } from "telegraf/types";
import type { Address, InboundMessage, Person } from "../../src/core/message.ts";
import { formatMessageId } from "./chat-id.ts";
import { parseEntities } from "./entities.ts";
import { describeContent, parseFile, type TelegramFile } from "./parse-content.ts";

export interface ParseContext {
  /** Name of the configured instance. */
  readonly channel: string;
  readonly me: { readonly id: number; readonly username?: string };
  /** For what carries no time of its own. */
  readonly now: number;
}

export interface ParsedUpdate {
  readonly message: InboundMessage;
  /** To be fetched before the message is handed over. */
  readonly file?: TelegramFile;
  /** A button press that wants an answer. Its text may be a digest of a long command. */
  readonly callbackId?: string;
  readonly messageId: number;
}

/** Every kind of update that we ask for. */
export const allowedUpdates = [
  "message",
  "edited_message",
  "channel_post",
  "edited_channel_post",
  "callback_query",
  "message_reaction",
] as const;

/** Undefined for what is no message to us: our own words, service messages, kinds unknown. */
export function parseUpdate(update: Update, context: ParseContext): ParsedUpdate | undefined {
  if ("message" in update) return parseMessage(update.message, context);
  if ("channel_post" in update) return parseMessage(update.channel_post, context);
  if ("edited_message" in update) return parseEdit(update.edited_message, update.update_id, context);
  if ("edited_channel_post" in update) return parseEdit(update.edited_channel_post, update.update_id, context);
  if ("callback_query" in update) return parsePress(update.callback_query, context);
  if ("message_reaction" in update) return parseReaction(update.message_reaction, update.update_id, context);
  return undefined;
}

/** Where the update took place: what has to be handled in order. */
export function pickChat(update: Update): number | undefined {
  if ("message" in update) return update.message.chat.id;
  if ("edited_message" in update) return update.edited_message.chat.id;
  if ("channel_post" in update) return update.channel_post.chat.id;
  if ("edited_channel_post" in update) return update.edited_channel_post.chat.id;
  if ("callback_query" in update) return update.callback_query.message?.chat.id;
  if ("message_reaction" in update) return update.message_reaction.chat.id;
  return undefined;
}

function parseMessage(message: Message, context: ParseContext): ParsedUpdate | undefined {
  const { me } = context;
  if (message.from?.id === me.id) return undefined;
  const file = parseFile(message);
  const [plain, entities] = pickText(message);
  if (plain === "" && file === undefined) return undefined;

  const text = stripOurName(parseEntities(plain, entities), me.username);
  const isGroup = message.chat.type !== "private";
  const sender = parseSender(message, context);
  const command = parseCommand(plain, entities, me.username);
  const answered = "reply_to_message" in message ? message.reply_to_message : undefined;
  // In a forum every message formally answers the one that opened the topic.
  const isRealReply = answered !== undefined && !("forum_topic_created" in answered);
  const isToUs = command === "ours" || isMentioned(plain, entities, me) || (isRealReply && answered.from?.id === me.id);
  const isAutomated = sender.isBot || ("is_automatic_forward" in message && message.is_automatic_forward);
  return {
    messageId: message.message_id,
    ...(file === undefined ? {} : { file }),
    message: {
      id: formatMessageId(message.chat.id, message.message_id),
      address: parseAddress(message, context.channel),
      sender,
      text,
      attachments: [],
      ...(isRealReply ? { replyToId: formatMessageId(message.chat.id, answered.message_id) } : {}),
      isAddressed: !isGroup || isToUs,
      isGroup,
      sentAt: message.date * 1_000,
      kind: command === "ours" ? "command" : "message",
      ...("title" in message.chat ? { subject: message.chat.title } : {}),
      ...(isAutomated ? { isAutomated } : {}),
    },
  };
}

function parseEdit(
  message: Message & { edit_date?: number },
  updateId: number,
  context: ParseContext,
): ParsedUpdate | undefined {
  const parsed = parseMessage(message, context);
  if (parsed === undefined) return undefined;
  const { id } = parsed.message;
  // Two edits may fall into one second, so the time would not tell them apart.
  const sentAt = (message.edit_date ?? message.date) * 1_000;
  return {
    ...parsed,
    message: {
      ...parsed.message,
      id: `${id}:edit:${updateId}`,
      targetId: id,
      kind: "edit",
      sentAt,
    },
  };
}

function parsePress(query: CallbackQuery, context: ParseContext): ParsedUpdate | undefined {
  const { message } = query;
  if (message === undefined || !("data" in query)) return undefined;
  const address: Address =
    message.date === 0
      ? { channel: context.channel, chat: String(message.chat.id) }
      : parseAddress(message as Message, context.channel);
  return {
    messageId: message.message_id,
    callbackId: query.id,
    message: {
      id: `callback:${query.id}`,
      address,
      sender: parseUser(query.from, context.channel),
      text: query.data,
      attachments: [],
      replyToId: formatMessageId(message.chat.id, message.message_id),
      isAddressed: true,
      isGroup: message.chat.type !== "private",
      sentAt: context.now,
      kind: "command",
      ...("title" in message.chat ? { subject: message.chat.title } : {}),
    },
  };
}

/** Only what was added counts; the text is the emoji. */
function parseReaction(
  reaction: MessageReactionUpdated,
  updateId: number,
  context: ParseContext,
): ParsedUpdate | undefined {
  const old = new Set(reaction.old_reaction.map((each) => JSON.stringify(each)));
  const added = reaction.new_reaction.filter((each) => !old.has(JSON.stringify(each)));
  const text = added.map((each) => (each.type === "emoji" ? each.emoji : "")).join("");
  if (text === "" || reaction.user?.id === context.me.id) return undefined;
  const { chat } = reaction;
  const id = formatMessageId(chat.id, reaction.message_id);
  const sender =
    reaction.user === undefined
      ? parseChatSender(reaction.actor_chat ?? chat, context.channel)
      : parseUser(reaction.user, context.channel);
  return {
    messageId: reaction.message_id,
    message: {
      id: `${id}:reaction:${updateId}`,
      address: { channel: context.channel, chat: String(chat.id) },
      sender,
      text,
      attachments: [],
      targetId: id,
      isAddressed: chat.type === "private",
      isGroup: chat.type !== "private",
      sentAt: reaction.date * 1_000,
      kind: "reaction",
      ...("title" in chat ? { subject: chat.title } : {}),
    },
  };
}

function parseAddress(message: Message, channel: string): Address {
  const address = { channel, chat: String(message.chat.id) };
  // Replies in groups without topics carry a thread id too; it names no place.
  const isTopic = "is_topic_message" in message && message.is_topic_message;
  return isTopic && message.message_thread_id !== undefined
    ? { ...address, thread: String(message.message_thread_id) }
    : address;
}

/** Anonymous admins and linked channels write as a chat; `from` is then a stand-in that everybody shares. */
function parseSender(message: Message, context: ParseContext): Person {
  if (message.sender_chat !== undefined) return parseChatSender(message.sender_chat, context.channel);
  return message.from === undefined
    ? parseChatSender(message.chat, context.channel)
    : parseUser(message.from, context.channel);
}

function parseChatSender(chat: { id: number; title?: string }, channel: string): Person {
  return { id: `${channel}:${chat.id}`, name: chat.title ?? String(chat.id), isBot: false };
}

function parseUser(
  user: { id: number; first_name: string; last_name?: string; is_bot: boolean },
  channel: string,
): Person {
  const name = [user.first_name, user.last_name].filter((part) => part !== undefined && part !== "").join(" ");
  return {
    id: `${channel}:${user.id}`,
    name: name === "" ? String(user.id) : name,
    isBot: user.is_bot,
  };
}

function pickText(message: Message): readonly [string, readonly MessageEntity[]] {
  if ("text" in message) return [message.text, message.entities ?? []];
  if ("caption" in message && message.caption !== undefined) return [message.caption, message.caption_entities ?? []];
  return [describeContent(message), []];
}

/** "/help" and "/help@our_bot" are ours, "/help@other_bot" is not. */
function parseCommand(
  text: string,
  entities: readonly MessageEntity[],
  username: string | undefined,
): "ours" | "others" | "none" {
  const entity = entities.find((each) => each.type === "bot_command" && each.offset === 0);
  if (entity === undefined) return "none";
  const target = text.slice(0, entity.length).split("@")[1];
  return target === undefined || target.toLowerCase() === username?.toLowerCase() ? "ours" : "others";
}

function isMentioned(text: string, entities: readonly MessageEntity[], me: ParseContext["me"]): boolean {
  return entities.some((entity) => {
    if (entity.type === "text_mention") return entity.user.id === me.id;
    if (entity.type !== "mention" || me.username === undefined) return false;
    return text.slice(entity.offset + 1, entity.offset + entity.length).toLowerCase() === me.username.toLowerCase();
  });
}

/** "@our_bot, do it" is "do it", "/help@our_bot me" is "/help me". Names are letters, digits and _ only. */
function stripOurName(text: string, username: string | undefined): string {
  if (username === undefined || !text.includes("@")) return text;
  return text
    .replace(new RegExp(`^(/\\w+)@${username}\\b`, "i"), "$1")
    .replace(new RegExp(`^@${username}\\b[,:]?\\s+`, "i"), "");
}
