import type { Address, InboundMessage, Person } from "../../src/core/message.ts";
import { formatGroupChat } from "./chat-id.ts";
import type { SignalAttachment, SignalDataMessage, SignalEnvelope, SignalMention } from "./envelope.ts";
import type { Identity } from "./identity.ts";
import { formatMessageId } from "./message-id.ts";
import { parseStyledText } from "./styled-text.ts";

export interface ParseContext {
  /** Name of the configured instance. */
  readonly channel: string;
  readonly me: Identity;
  /** What to call the people mentioned, by ACI. */
  readonly names: ReadonlyMap<string, string>;
  /** Ids of edits to the ids of their messages. */
  readonly root: (id: string) => string;
}

export interface ParsedEnvelope {
  readonly message: InboundMessage;
  /** To be fetched before the message is handed over. */
  readonly attachments: readonly SignalAttachment[];
}

/** The text of a long message, as clients send it beside the shortened one. */
export const longTextType = "text/x-signal-plain";

/** Something that was said, by whomever. */
interface Said {
  readonly data: SignalDataMessage;
  /** Whose direct chat it is in, unless it is in a group. */
  readonly partner: string | undefined;
  /** The version that an edit is of. */
  readonly editOf?: number | undefined;
}

/**
 * What somebody else said, or what the account's owner said to others from another device. Undefined for all else:
 * receipts, typing, stories, calls, group changes, notes to self, the owner's reactions.
 */
export function parseEnvelope(envelope: SignalEnvelope, context: ParseContext): ParsedEnvelope | undefined {
  const author = readAci(envelope.sourceUuid);
  if (author === undefined) return undefined;
  const isOwn = author === context.me.aci;
  const said = isOwn ? readSentElsewhere(envelope, context.me) : readSaid(envelope, author);
  const parsed = said === undefined ? undefined : parseSaid(envelope, said, author, context);
  if (parsed === undefined || !isOwn) return parsed;
  const { message } = parsed;
  return message.kind === "reaction"
    ? undefined
    : { ...parsed, message: { ...message, isAddressed: false, isOwn: true } };
}

function readSaid({ dataMessage, editMessage }: SignalEnvelope, author: string): Said | undefined {
  const data = dataMessage ?? editMessage?.dataMessage;
  return data === undefined ? undefined : { data, partner: author, editOf: editMessage?.targetSentTimestamp };
}

function readSentElsewhere({ syncMessage }: SignalEnvelope, me: Identity): Said | undefined {
  const { destinationUuid, editMessage, ...sent } = syncMessage?.sentMessage ?? {};
  const { timestamp, ...rest } = editMessage?.dataMessage ?? sent;
  const partner = readAci(destinationUuid);
  if (timestamp === undefined || (rest.groupInfo === undefined && (partner === undefined || partner === me.aci)))
    return undefined;
  return { data: { timestamp, ...rest }, partner, editOf: editMessage?.targetSentTimestamp };
}

function parseSaid(
  envelope: SignalEnvelope,
  { data, partner, editOf }: Said,
  author: string,
  context: ParseContext,
): ParsedEnvelope | undefined {
  const base = parseBase(envelope, data, author, partner ?? "", context);
  const about = parseAbout(data, author, context);
  if (about !== undefined) return { message: { ...base, ...about, attachments: [] }, attachments: [] };

  const content = parseContent(data, context);
  if (content === undefined) return undefined;
  const { isMention, ...shown } = content;
  const quoted = parseQuote(data, context);
  const isAddressed = base.isAddressed || isMention || quoted?.isOurs === true;
  return {
    message: {
      ...base,
      text: shown.text,
      isAddressed,
      ...(quoted === undefined ? {} : { replyToId: quoted.id }),
      ...(editOf === undefined
        ? { kind: "message" }
        : { kind: "edit", targetId: context.root(formatMessageId({ author, timestamp: editOf })) }),
    },
    // An edit changes the text only; its files came with the message.
    attachments: editOf === undefined ? shown.attachments : [],
  };
}

/** An ACI; undefined for the "PNI:…" of people who have not shown who they are, and for none. */
export function readAci(id: string | null | undefined): string | undefined {
  return id !== undefined && id !== null && /^[0-9a-f-]{36}$/i.test(id) ? id.toLowerCase() : undefined;
}

function parseBase(
  envelope: SignalEnvelope,
  data: SignalDataMessage,
  author: string,
  partner: string,
  { channel }: ParseContext,
): InboundMessage {
  const group = data.groupInfo;
  const address: Address = { channel, chat: group === undefined ? partner : formatGroupChat(group.groupId) };
  const title = group?.groupName ?? "";
  return {
    id: formatMessageId({ author, timestamp: data.timestamp }),
    address,
    sender: parseSender(envelope, author, channel),
    text: "",
    attachments: [],
    isAddressed: group === undefined,
    isGroup: group !== undefined,
    sentAt: data.timestamp,
    kind: "message",
    ...(title === "" ? {} : { subject: title }),
  };
}

/** Names of profiles are shown, and identify nobody. */
function parseSender({ sourceName }: SignalEnvelope, author: string, channel: string): Person {
  const name = sourceName?.trim() ?? "";
  return { id: `${channel}:${author}`, name: name === "" ? `Signal user ${author.slice(0, 8)}` : name, isBot: false };
}

/** What is about another message: a reaction, or that it was taken back. */
function parseAbout(
  { reaction, remoteDelete, adminDelete }: SignalDataMessage,
  author: string,
  { root }: ParseContext,
): Pick<InboundMessage, "kind" | "text" | "targetId"> | undefined {
  if (reaction !== undefined) {
    const target = readAci(reaction.targetAuthorUuid);
    if (target === undefined) return undefined;
    const targetId = root(formatMessageId({ author: target, timestamp: reaction.targetSentTimestamp }));
    return { kind: "reaction", text: reaction.isRemove === true ? "" : reaction.emoji, targetId };
  }
  if (remoteDelete !== undefined) {
    const targetId = root(formatMessageId({ author, timestamp: remoteDelete.timestamp }));
    return { kind: "deletion", text: "", targetId };
  }
  const deleted = readAci(adminDelete?.targetAuthorUuid);
  if (adminDelete === undefined || deleted === undefined) return undefined;
  const targetId = root(formatMessageId({ author: deleted, timestamp: adminDelete.targetSentTimestamp }));
  return { kind: "deletion", text: "", targetId };
}

function parseQuote(
  { quote }: SignalDataMessage,
  { me, root }: ParseContext,
): { id: string; isOurs: boolean } | undefined {
  if (quote === undefined) return undefined;
  const isOurNumber = me.number !== undefined && quote.authorNumber === me.number;
  const author = readAci(quote.authorUuid) ?? (isOurNumber ? me.aci : undefined);
  if (author === undefined) return undefined;
  return { id: root(formatMessageId({ author, timestamp: quote.id })), isOurs: author === me.aci };
}

function parseContent(
  data: SignalDataMessage,
  { me, names }: ParseContext,
): { text: string; attachments: readonly SignalAttachment[]; isMention: boolean } | undefined {
  if (data.isExpirationUpdate === true) return undefined;
  const raw = data.message ?? "";
  const isUs = (mention: SignalMention): boolean => readAci(mention.uuid) === me.aci;
  const mentions = (data.mentions ?? []).map((mention) => replaceMention(raw, mention, isUs(mention), names));
  const text = parseStyledText(raw, mentions, data.textStyles ?? []).trim();
  const isMention = (data.mentions ?? []).some(isUs);
  const described = describeContent(data);
  const attachments = (data.attachments ?? []).filter(({ contentType }) => contentType !== longTextType);
  if (data.viewOnce === true && attachments.length > 0)
    return {
      text: [text, "[A file to be seen once, which was not kept.]"].join("\n\n").trim(),
      attachments: [],
      isMention,
    };
  if (text === "" && described === "" && attachments.length === 0) return undefined;
  return { text: [text, described].filter((part) => part !== "").join("\n\n"), attachments, isMention };
}

/** "@us, do it" is "do it"; anywhere else a mention is the person's name. */
function replaceMention(
  text: string,
  { uuid, start, length }: SignalMention,
  isUs: boolean,
  names: ReadonlyMap<string, string>,
): { start: number; length: number; shown: string } {
  if (isUs && text.slice(0, start).trim() === "") {
    const behind = /^[,:]?\s*/.exec(text.slice(start + length))?.[0].length ?? 0;
    return { start, length: length + behind, shown: "" };
  }
  return { start, length, shown: `@${names.get(readAci(uuid) ?? "") ?? (isUs ? "you" : "somebody")}` };
}

/** Words for content that is neither text nor file. */
function describeContent({ sticker, contacts, pollCreate }: SignalDataMessage): string {
  if (sticker !== undefined) return "[sticker]";
  if (pollCreate !== undefined)
    return [`📊 ${pollCreate.question}`, ...pollCreate.options.map((each) => `- ${each}`)].join("\n");
  return (contacts ?? [])
    .map(({ name, phone }) => {
      const shown = name?.display ?? [name?.given, name?.family].filter(Boolean).join(" ");
      return `👤 ${[shown, ...(phone ?? []).map(({ value }) => value)].filter(Boolean).join(" ")}`;
    })
    .join("\n");
}

/** ACIs of those mentioned, ours left out: their names have to be known before parsing. */
export function listMentioned(envelope: SignalEnvelope): readonly string[] {
  const data = envelope.dataMessage ?? envelope.editMessage?.dataMessage ?? envelope.syncMessage?.sentMessage;
  return (data?.mentions ?? []).flatMap(({ uuid }) => readAci(uuid) ?? []);
}
