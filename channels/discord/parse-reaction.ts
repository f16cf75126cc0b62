import type { InboundMessage, Person } from "../../src/core/message.ts";
import { formatAddress, type Place } from "./places.ts";

/** What reactions that come and go have in common. */
export interface DiscordReaction {
  readonly user_id: string;
  readonly channel_id: string;
  readonly message_id: string;
  readonly guild_id?: string;
  readonly emoji: { readonly id: string | null; readonly name: string | null };
}

export interface ReactionContext {
  readonly channel: string;
  readonly place: Place;
  readonly isAdded: boolean;
  /** The same on every delivery of the event. */
  readonly eventId: string;
  readonly now: number;
}

/** Emoji of a server's own have a name only. */
export function parseReaction(raw: DiscordReaction, sender: Person, context: ReactionContext): InboundMessage {
  const { channel, place, isAdded, eventId, now } = context;
  const name = raw.emoji.name ?? "";
  const emoji = raw.emoji.id === null ? name : `:${name}:`;
  return {
    id: `${raw.message_id}:reaction:${eventId}`,
    address: formatAddress(place, channel),
    sender,
    text: isAdded ? emoji : "",
    attachments: [],
    targetId: raw.message_id,
    isAddressed: place.kind === "direct",
    isGroup: place.kind !== "direct",
    sentAt: now,
    kind: "reaction",
    ...(place.name === undefined ? {} : { subject: place.name }),
    ...(sender.isBot ? { isAutomated: true } : {}),
  };
}
