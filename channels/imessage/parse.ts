import type { InboundMessage } from "../../src/core/message.ts";
import { formatDirectChat, normaliseHandle, parseChatGuid } from "./chat-id.ts";
import type { BlueAttachment, BlueMessage } from "./message.ts";
import { parseAssociatedGuid, parseTapback } from "./tapbacks.ts";

export interface ParseContext {
  /** Name of the configured instance. */
  readonly channel: string;
  /** Our own, normalised. */
  readonly addresses: readonly string[];
  readonly names: readonly string[];
  /** Is this a message that we sent? */
  readonly isOurs: (guid: string) => boolean;
}

export interface ParsedMessage {
  readonly message: InboundMessage;
  /** To be fetched before the message is handed over. */
  readonly attachments: readonly BlueAttachment[];
}

/**
 * What somebody else said, or what our account said to others. Undefined for all else: joins and renames, stickers on
 * messages; of our account's also what was not sent, notes to itself, and tapbacks.
 */
export function parseMessage(raw: BlueMessage, context: ParseContext): ParsedMessage | undefined {
  if (raw.isFromMe !== true) return parseSaid(raw, raw.handle?.address ?? "", context);
  // Macs that nobody told their own addresses are one nameless person.
  const [own = "me"] = context.addresses;
  if ((raw.error ?? 0) !== 0 || isToSelf(raw, context.addresses)) return undefined;
  const parsed = parseSaid(raw, own, { ...context, names: [] });
  if (parsed === undefined || parsed.message.kind === "reaction") return undefined;
  return { ...parsed, message: { ...parsed.message, isAddressed: false, isOwn: true } };
}

function isToSelf({ chats: [chat] = [] }: BlueMessage, addresses: readonly string[]): boolean {
  const place = parseChatGuid(chat?.guid ?? "");
  return place?.isGroup === false && addresses.some((address) => formatDirectChat(address) === place.chat);
}

function parseSaid(raw: BlueMessage, handle: string, context: ParseContext): ParsedMessage | undefined {
  const [chat] = raw.chats ?? [];
  const place = chat === undefined ? undefined : parseChatGuid(chat.guid);
  if (raw.isSystemMessage === true || (raw.itemType ?? 0) !== 0) return undefined;
  if (place === undefined || handle === "") return undefined;
  const title = chat?.displayName?.trim() ?? "";
  const base: InboundMessage = {
    id: raw.guid,
    address: { channel: context.channel, chat: place.chat },
    sender: { id: `${context.channel}:${normaliseHandle(handle)}`, name: normaliseHandle(handle), isBot: false },
    text: "",
    attachments: [],
    isAddressed: !place.isGroup,
    isGroup: place.isGroup,
    sentAt: raw.dateCreated ?? 0,
    kind: "message",
    ...(title === "" ? {} : { subject: title }),
    ...(raw.isAutoReply === true ? { isAutomated: true } : {}),
  };
  const type = raw.associatedMessageType ?? "";
  if (type !== "" && type !== "0") return parseReaction(raw, type, base);

  const attachments = (raw.attachments ?? []).filter(isFile);
  const typed = cleanText(raw);
  const { text, isNamed } = stripName(typed, context.names);
  if (text === "" && attachments.length === 0) return undefined;
  const repliesTo = raw.threadOriginatorGuid ?? "";
  const isToUs = isNamed || isMentioned(raw, context.addresses) || (repliesTo !== "" && context.isOurs(repliesTo));
  return {
    attachments,
    message: {
      ...base,
      text,
      isAddressed: base.isAddressed || isToUs,
      ...(repliesTo === "" ? {} : { replyToId: repliesTo }),
    },
  };
}

/** What became of a message that was there already: changed, or taken back. Undefined when it is as it was. */
export function parseRevision(raw: BlueMessage, context: ParseContext): InboundMessage | undefined {
  const at = raw.dateRetracted ?? raw.dateEdited ?? undefined;
  if (at === undefined || at === 0) return undefined;
  // Messages writes down an unsend as an edit that leaves nothing.
  const isEmpty = cleanText(raw) === "" && (raw.attachments ?? []).filter(isFile).length === 0;
  const isGone = (raw.dateRetracted ?? 0) > 0 || isEmpty;
  const text = isGone ? "\u200B" : raw.text;
  const parsed = parseMessage(
    { ...raw, ...(text === undefined ? {} : { text }), associatedMessageType: null },
    context,
  );
  if (parsed === undefined) return undefined;
  const { id } = parsed.message;
  return isGone
    ? { ...parsed.message, id: `${id}:unsent`, targetId: id, kind: "deletion", text: "", sentAt: at }
    : { ...parsed.message, id: `${id}:edit:${at}`, targetId: id, kind: "edit", sentAt: at };
}

function parseReaction(raw: BlueMessage, type: string, base: InboundMessage): ParsedMessage | undefined {
  const tapback = parseTapback(type, raw.associatedMessageEmoji, cleanText(raw));
  const target = raw.associatedMessageGuid ?? "";
  if (tapback === undefined || target === "") return undefined;
  const targetId = parseAssociatedGuid(target);
  return { attachments: [], message: { ...base, kind: "reaction", text: tapback.emoji, targetId } };
}

/** Files stand in the text as U+FFFC. */
function cleanText({ text, attributedBody }: BlueMessage): string {
  const words = text ?? attributedBody?.find(({ string }) => (string ?? "") !== "")?.string ?? "";
  return words.replaceAll("\uFFFC", "").trim();
}

/** Previews of links and the like come as hidden files. */
function isFile({ hideAttachment, transferName }: BlueAttachment): boolean {
  return hideAttachment !== true && transferName?.endsWith(".pluginPayloadAttachment") !== true;
}

function isMentioned({ attributedBody }: BlueMessage, addresses: readonly string[]): boolean {
  return (attributedBody ?? []).some(({ runs }) =>
    (runs ?? []).some(({ attributes }) => {
      const mentioned = attributes?.["__kIMMentionConfirmedMention"];
      return typeof mentioned === "string" && addresses.includes(normaliseHandle(mentioned));
    }),
  );
}

/** "@parlance, do it" is "do it"; a name elsewhere counts only with its @. */
function stripName(text: string, names: readonly string[]): { text: string; isNamed: boolean } {
  for (const name of names) {
    const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    const start = new RegExp(String.raw`^(?:@${escaped}(?![\p{L}\p{N}_])[,:]?|${escaped}[,:])\s*`, "iu").exec(text);
    if (start !== null && start[0].length < text.length) return { text: text.slice(start[0].length), isNamed: true };
    if (new RegExp(String.raw`(?<![\p{L}\p{N}_])@${escaped}(?![\p{L}\p{N}_])`, "iu").test(text))
      return { text, isNamed: true };
  }
  return { text, isNamed: false };
}
