import { describeError } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import type { Cursors } from "./cursors.ts";
import type { DiscordMessage } from "./parse.ts";
import { askDiscord, type DiscordApi } from "./rest.ts";
import { idBefore, isLater } from "./snowflake.ts";

export interface CatchUpSettings {
  readonly api: DiscordApi;
  readonly cursors: Cursors;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Hands a message over; resolves once it is stored. */
  readonly handle: (message: DiscordMessage) => Promise<void>;
}

const pageLength = 100;
/** A chat in which more was written while we were away is not read to the end. */
const maxPages = 20;

/**
 * Reads what was written in a chat since the last message that is stored, oldest first, and hands it over. Rejects
 * when that has to be done again; then it goes on where it was.
 */
export async function catchUp(chat: string, settings: CatchUpSettings): Promise<void> {
  const { api, cursors, log, signal } = settings;
  let after = cursors.find(chat);
  if (after === undefined) return;
  for (let page = 0; page < maxPages; page += 1) {
    const path = `/channels/${chat}/messages?after=${after}&limit=${pageLength}`;
    const answer = await askDiscord(api, { method: "GET", path, effect: "read", signal });
    if (!answer.ok) {
      // Channels come and go, and so do our permissions.
      log.info({ chat, reason: describeError(answer.error) }, "What was missed in a channel cannot be read");
      return;
    }
    const messages = (answer.result as readonly DiscordMessage[]).toSorted((a, b) => (isLater(a.id, b.id) ? 1 : -1));
    for (const message of messages) {
      if (signal.aborted) throw signal.reason;
      await settings.handle(message);
      after = message.id;
    }
    if (messages.length < pageLength) return;
  }
  log.warn({ chat, read: maxPages * pageLength }, "More was missed in a channel than is read; the rest is left out");
}

/** Was something written there that is not stored? `last` is the channel's last message, as far as Discord tells. */
export function isBehind(chat: string, last: string | null | undefined, joinedAt: string, cursors: Cursors): boolean {
  const stored = cursors.find(chat);
  if (stored === undefined || last === null || last === undefined) return false;
  return isLater(last, stored) && isLater(last, idBefore(joinedAt));
}
