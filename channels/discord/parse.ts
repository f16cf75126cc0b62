import type { APIMessage, GatewayMessageDeleteDispatchData } from "discord.js";
import type { InboundMessage, Person } from "../../src/core/message.ts";
import { describeExtras, parseFiles, type DiscordFile } from "./parse-content.ts";
import { parseText } from "./parse-text.ts";
import { parsePerson } from "./people.ts";
import { formatAddress, type Place } from "./places.ts";

export interface ParseContext {
  /** Name of the configured instance. */
  readonly channel: string;
  readonly ownId: string;
  readonly place: Place;
  /** Roles of ours that the message mentions. */
  readonly ownRoleIds: ReadonlySet<string>;
  /** Name of a channel; undefined when it is not known. */
  channelName(id: string): string | undefined;
}

export interface ParsedMessage {
  readonly message: InboundMessage;
  /** To be fetched before the message is handed over. */
  readonly files: readonly DiscordFile[];
}

/** A message from the gateway, which says more of its author, or from history. */
export type DiscordMessage = APIMessage & { readonly member?: { readonly nick?: string | null } };

/** Said by somebody: 0 is a message, 19 a reply. All others tell of joins, pins, boosts, threads and calls. */
const spokenTypes = new Set<number>([0, 19]);
/** Somebody's message shown again; 0 or nothing is a reply. */
const forwarded = 1;

/** Undefined for what is no message to us: our own words, what the platform says, what is empty. */
export function parseMessage(raw: DiscordMessage, context: ParseContext): ParsedMessage | undefined {
  const { channel, ownId, place, ownRoleIds } = context;
  if (!spokenTypes.has(raw.type) || raw.author.id === ownId) return undefined;
  const files = parseFiles(raw);
  const people = new Map(raw.mentions.map((user) => [user.id, parsePerson(user, undefined, channel).name]));
  const names = { people, channel: context.channelName, ownId, ownRoleIds };
  const text = [parseText(raw.content, names), describeExtras(raw)].filter((part) => part !== "").join("\n\n");
  if (text === "" && files.length === 0 && place.kind !== "direct" && !isToUs(raw, context)) return undefined;
  const isReply = raw.message_reference !== undefined && Number(raw.message_reference.type ?? 0) !== forwarded;
  const answered = isReply ? raw.message_reference?.message_id : undefined;
  const isDirect = place.kind === "direct";
  const sender = parseSender(raw, channel);
  return {
    files,
    message: {
      id: raw.id,
      address: formatAddress(place, channel),
      sender,
      text,
      attachments: [],
      ...(answered === undefined ? {} : { replyToId: answered }),
      isAddressed: isDirect || isToUs(raw, context),
      isGroup: !isDirect,
      sentAt: Date.parse(raw.timestamp),
      kind: "message",
      ...(place.name === undefined ? {} : { subject: place.name }),
      ...(sender.isBot ? { isAutomated: true } : {}),
    },
  };
}

/** Also sent when Discord has looked a link up, or somebody has pinned the message: nobody changed it then. */
export function parseEdit(raw: DiscordMessage, context: ParseContext): ParsedMessage | undefined {
  // Outside of version 10 there are events with parts of a message only.
  if (raw.edited_timestamp === null || raw.edited_timestamp === undefined || raw.author === undefined) return undefined;
  const parsed = parseMessage(raw, context);
  if (parsed === undefined) return undefined;
  const editedAt = Date.parse(raw.edited_timestamp);
  const { message } = parsed;
  return {
    files: [],
    message: { ...message, id: `${raw.id}:edit:${editedAt}`, kind: "edit", targetId: raw.id, sentAt: editedAt },
  };
}

/** Discord names neither the author nor who deleted it, so the author must be known to us. */
export function parseDeletion(
  raw: Pick<GatewayMessageDeleteDispatchData, "id">,
  author: Person,
  context: Pick<ParseContext, "channel" | "place"> & { readonly now: number },
): InboundMessage {
  const { channel, place, now } = context;
  return {
    id: `${raw.id}:deletion`,
    address: formatAddress(place, channel),
    sender: author,
    text: "",
    attachments: [],
    isAddressed: place.kind === "direct",
    isGroup: place.kind !== "direct",
    sentAt: now,
    kind: "deletion",
    targetId: raw.id,
    ...(place.name === undefined ? {} : { subject: place.name }),
  };
}

function isToUs(raw: DiscordMessage, { ownId, ownRoleIds }: ParseContext): boolean {
  if (raw.mentions.some(({ id }) => id === ownId)) return true;
  if ((raw.mention_roles ?? []).some((id) => ownRoleIds.has(id))) return true;
  return raw.referenced_message?.author?.id === ownId;
}

/** Webhooks choose a name for each message; their id stays. */
function parseSender(raw: DiscordMessage, channel: string): Person {
  const person = parsePerson(raw.author, raw.member, channel);
  return raw.webhook_id === undefined ? person : { ...person, isBot: true };
}
