import type { APIChannel } from "discord.js";
import type { Address } from "../../src/core/message.ts";
import { askDiscord, type DiscordApi } from "./rest.ts";

/** Where something is said, as far as we need it. */
export interface Place {
  readonly id: string;
  readonly kind: "direct" | "channel" | "thread";
  readonly name?: string;
  /** Of a thread: the channel that it belongs to. */
  readonly parentId?: string;
  readonly guildId?: string;
}

/** The channels and threads that we have heard of. */
export interface Places {
  /** A channel says of which server it is, except within an event that is all about that server. */
  note(channel: DiscordChannel, guildId?: string): Place;
  forget(id: string): void;
  known(id: string): Place | undefined;
  /**
   * Asks Discord where we have not heard of it. Without a server it is a direct chat. Throws AppError when Discord
   * cannot be asked now; a channel that we may not look at counts as one without a name.
   */
  find(id: string, guildId: string | undefined, signal: AbortSignal): Promise<Place>;
}

/** The parts of a channel that all events, answers and interactions share. */
export type DiscordChannel = Pick<APIChannel, "id" | "type"> & {
  readonly name?: string | null;
  readonly parent_id?: string | null;
  readonly guild_id?: string;
};

const maxPlaces = 20_000;
const directTypes = new Set<number>([1, 3]);
const threadTypes = new Set<number>([10, 11, 12]);

export function createPlaces(api: DiscordApi): Places {
  const places = new Map<string, Place>();

  function keep(place: Place): Place {
    places.set(place.id, place);
    const [oldest] = places.keys();
    if (places.size > maxPlaces && oldest !== undefined) places.delete(oldest);
    return place;
  }

  const note: Places["note"] = (channel, guildId) => keep(parsePlace(channel, guildId));

  return {
    note,
    forget: (id) => void places.delete(id),
    known: (id) => places.get(id),
    async find(id, guildId, signal) {
      const known = places.get(id);
      if (known !== undefined) return known;
      if (guildId === undefined) return keep({ id, kind: "direct" });
      const answer = await askDiscord(api, { method: "GET", path: `/channels/${id}`, effect: "read", signal });
      return answer.ok ? note(answer.result as DiscordChannel, guildId) : keep({ id, kind: "channel", guildId });
    },
  };
}

export function parsePlace(channel: DiscordChannel, guildId = channel.guild_id): Place {
  const { id, type, name, parent_id: parentId } = channel;
  if (directTypes.has(type)) return { id, kind: "direct" };
  const known = {
    ...(name === null || name === undefined || name === "" ? {} : { name }),
    ...(guildId === undefined ? {} : { guildId }),
  };
  if (threadTypes.has(type) && parentId !== null && parentId !== undefined)
    return { id, kind: "thread", parentId, ...known };
  return { id, kind: "channel", ...known };
}

/** A thread is a conversation of its own, within its channel. */
export function formatAddress(place: Place, channel: string): Address {
  return place.kind === "thread" && place.parentId !== undefined
    ? { channel, chat: place.parentId, thread: place.id }
    : { channel, chat: place.id };
}

/** The id that Discord writes to: threads are channels, too. */
export function pickTarget(address: Address): string {
  return address.thread ?? address.chat;
}
