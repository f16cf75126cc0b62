import type { InboundMessage, Person } from "../../src/core/message.ts";
import type { TeamsActivity } from "./activity.ts";
import { pickFiles, type TeamsFile } from "./pick-files.ts";
import { formatMessageId, parsePlace } from "./place.ts";
import { parseReaction } from "./reactions.ts";
import { parseWords } from "./words.ts";

export interface ParseContext {
  /** Name of the configured instance. */
  readonly channel: string;
  /** Names of the commands that there are. */
  readonly commands: ReadonlySet<string>;
  /** For what carries no time of its own. */
  readonly now: number;
}

export interface ParsedActivity {
  readonly message: InboundMessage;
  /** To be fetched before the message is handed over. */
  readonly files: readonly TeamsFile[];
}

/** The key under which a button carries its command. */
export const commandKey = "parlance";

/** Undefined for what is no message to us: our own words, joins, typing, kinds unknown. */
export function parseActivity(activity: TeamsActivity, context: ParseContext): ParsedActivity | undefined {
  const { from, recipient } = activity;
  if (from.id === recipient.id || from.id === "") return undefined;
  switch (activity.type) {
    case "message":
      return parsePress(activity, context) ?? parseMessage(activity, context);
    case "messageUpdate":
      return parseRevision(activity, context, "edit");
    case "messageDelete":
      return parseRevision(activity, context, "deletion");
    case "messageReaction":
      return parseReactions(activity, context);
    case "invoke":
      return activity.name === "adaptiveCard/action" ? parsePress(activity, context) : undefined;
    default:
      return undefined;
  }
}

/** What all kinds have in common. */
function parseFrame(
  activity: TeamsActivity,
  { channel, now }: ParseContext,
): Pick<InboundMessage, "address" | "sender" | "isGroup" | "sentAt" | "attachments" | "subject" | "isAutomated"> {
  const { conversation, channelData, from } = activity;
  const sentAt = Date.parse(activity.timestamp ?? "");
  const sender = parsePerson(from, channel);
  const subject = channelData?.channel?.name ?? channelData?.team?.name ?? conversation.name;
  return {
    address: parsePlace(conversation.id, channel),
    sender,
    isGroup: conversation.isGroup ?? (conversation.conversationType ?? "personal") !== "personal",
    sentAt: Number.isNaN(sentAt) ? now : sentAt,
    attachments: [],
    ...(subject == null || subject === "" ? {} : { subject }),
    ...(sender.isBot ? { isAutomated: true } : {}),
  };
}

function parseMessage(activity: TeamsActivity, context: ParseContext): ParsedActivity | undefined {
  const frame = parseFrame(activity, context);
  const { text: words, mentionsUs, quote, namesFile } = parseWords(activity);
  const files = pickFiles(activity);
  const remark =
    namesFile && files.length === 0 ? "[A file came with this, which Teams does not hand to bots here.]" : "";
  const text = [words, remark].filter((part) => part !== "").join("\n\n");
  if ((text === "" && files.length === 0) || activity.id == null) return undefined;
  const { chat, thread } = frame.address;
  const answered = quote?.messageId ?? activity.replyToId ?? "";
  // In a channel every answer formally answers the message at the top of its thread.
  const isRealReply = answered !== "" && (quote !== undefined || answered !== thread);
  const isAddressed = !frame.isGroup || mentionsUs || (quote !== undefined && isUs(quote.author, activity));
  const name = /^\/([a-z0-9]+)(?:\s|$)/i.exec(words)?.[1]?.toLowerCase();
  const isCommand = isAddressed && name !== undefined && context.commands.has(name);
  return {
    files,
    message: {
      id: formatMessageId(chat, activity.id),
      ...frame,
      text,
      ...(isRealReply ? { replyToId: formatMessageId(chat, answered) } : {}),
      isAddressed,
      kind: isCommand ? "command" : "message",
    },
  };
}

/** A button of ours was pressed: by Action.Submit, or by an invoke of Action.Execute. */
function parsePress(activity: TeamsActivity, context: ParseContext): ParsedActivity | undefined {
  const command = pickCommand(activity.value);
  if (command === undefined || activity.id == null) return undefined;
  const frame = parseFrame(activity, context);
  const { chat } = frame.address;
  return {
    files: [],
    message: {
      id: formatMessageId(chat, `press:${activity.id}`),
      ...frame,
      text: command,
      ...(activity.replyToId == null ? {} : { replyToId: formatMessageId(chat, activity.replyToId) }),
      isAddressed: true,
      kind: "command",
    },
  };
}

function pickCommand(value: unknown): string | undefined {
  const { action, [commandKey]: direct } = (value ?? {}) as {
    action?: { data?: Record<string, unknown> };
    [commandKey]?: unknown;
  };
  const command = direct ?? action?.data?.[commandKey];
  return typeof command === "string" && command.startsWith("/") ? command : undefined;
}

function parseRevision(
  activity: TeamsActivity,
  context: ParseContext,
  kind: "edit" | "deletion",
): ParsedActivity | undefined {
  if (activity.id == null) return undefined;
  const frame = parseFrame(activity, context);
  const targetId = formatMessageId(frame.address.chat, activity.id);
  // A message changes often; its id stays, so the time tells the changes apart.
  const id = `${targetId}:${kind}:${activity.timestamp ?? frame.sentAt}`;
  if (kind === "deletion")
    return { files: [], message: { id, ...frame, text: "", targetId, isAddressed: !frame.isGroup, kind } };
  const { text, mentionsUs } = parseWords(activity);
  return { files: [], message: { id, ...frame, text, targetId, isAddressed: !frame.isGroup || mentionsUs, kind } };
}

function parseReactions(activity: TeamsActivity, context: ParseContext): ParsedActivity | undefined {
  const { reactionsAdded, reactionsRemoved, replyToId } = activity;
  const added = reactionsAdded ?? [];
  if (replyToId == null || (added.length === 0 && (reactionsRemoved ?? []).length === 0)) return undefined;
  const frame = parseFrame(activity, context);
  const targetId = formatMessageId(frame.address.chat, replyToId);
  return {
    files: [],
    message: {
      id: `${targetId}:reaction:${activity.id ?? `${activity.from.id}:${activity.timestamp ?? frame.sentAt}`}`,
      ...frame,
      text: added.map(({ type }) => parseReaction(type)).join(""),
      targetId,
      isAddressed: !frame.isGroup,
      kind: "reaction",
    },
  };
}

function parsePerson({ id, name, role }: TeamsActivity["from"], channel: string): Person {
  const isBot = role === "bot" || id.startsWith("28:");
  return { id: `${channel}:${id}`, name: name == null || name === "" ? id : name, isBot };
}

/** In a quote, we are "28:<app id>" like elsewhere. */
function isUs(author: string, { recipient }: TeamsActivity): boolean {
  return author !== "" && author === recipient.id;
}
