import type { Client } from "irc-framework";
import type { Logger } from "../../src/core/log.ts";
import { sleepUntilAborted } from "../_shared/reconnect.ts";

export interface Rooms {
  has(room: string): boolean;
  /** Joins what is missing, one room at a time, again every minute, until the signal aborts. */
  keepJoined(signal: AbortSignal): Promise<void>;
}

export interface RoomOptions {
  readonly rooms: readonly string[];
  readonly joinDelayMs: number;
  readonly log: Logger;
  readonly onJoined: (room: string) => void;
}

/** How long the server may take to let us in, and when a room that refused us is tried again. */
const answerMs = 10_000;
const retryMs = 60_000;

/** Knows which rooms we are in. Being thrown out is answered by coming back within the minute, not at once. */
export function createRooms(client: Client, { rooms, joinDelayMs, log, onJoined }: RoomOptions): Rooms {
  const joined = new Set<string>();
  const lower = (text: string): string => client.caseLower(text);
  const isUs = (nick: string): boolean => lower(nick) === lower(client.user.nick);
  let answered: ((room: string) => void) | undefined;

  client.on("join", ({ nick, channel }) => {
    if (!isUs(nick)) return;
    joined.add(lower(channel));
    answered?.(lower(channel));
    onJoined(lower(channel));
  });
  client.on("part", ({ nick, channel }) => {
    if (isUs(nick)) joined.delete(lower(channel));
  });
  client.on("kick", ({ kicked, channel }) => {
    if (!isUs(kicked)) return;
    joined.delete(lower(channel));
    log.warn({ room: channel }, "thrown out of a room; coming back within a minute");
  });
  client.on("irc error", ({ error, channel }) => {
    if (channel === undefined || joined.has(lower(channel))) return;
    log.warn({ room: channel, reason: error }, "a room does not let us in; trying again in a minute");
    answered?.(lower(channel));
  });

  async function join(room: string, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    answered = (answeredRoom) => {
      if (answeredRoom === lower(room)) enough.abort();
    };
    client.raw(`JOIN ${room}`);
    await sleepUntilAborted(answerMs, AbortSignal.any([signal, enough.signal]));
  }

  return {
    has: (room) => joined.has(lower(room)),
    async keepJoined(signal) {
      while (!signal.aborted) {
        for (const room of rooms.filter((candidate) => !joined.has(lower(candidate)))) {
          if (signal.aborted) return;
          // One after the other is the point: servers punish floods of joins.
          await join(room, signal);
          await sleepUntilAborted(joinDelayMs, signal);
        }
        await sleepUntilAborted(retryMs, signal);
      }
    },
  };
}
