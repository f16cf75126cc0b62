import type { ChannelContext } from "../../src/core/channel.ts";
import type { TwilioAccount } from "./twilio-api.ts";
import { loadInbound, type TwilioInbound } from "./twilio-inbound.ts";
import { listMessages, type TwilioMessage } from "./twilio-messages.ts";

/** Twilio's list may show a message some time after a later one. */
const overlapMs = 5 * 60_000;
const maxPages = 50;
const maxSeen = 2_000;

export interface CatchUp {
  /** Reads what came since the last time and hands it over, oldest first; stops at the first that cannot be stored. */
  run(handle: (inbound: TwilioInbound) => Promise<void>, signal: AbortSignal): Promise<void>;
  /** This one is stored already: told by a call. */
  note(sid: string): void;
  has(sid: string): boolean;
}

interface Cursor {
  /** Where this channel began; nothing older is read. */
  readonly first: number;
  readonly last: number;
}

/** Twilio does not repeat a call that we refused, but keeps every message: they are looked up. */
export function createCatchUp(
  account: TwilioAccount,
  isOurs: (message: TwilioMessage) => boolean,
  to: string | undefined,
  context: Pick<ChannelContext, "state" | "now" | "log">,
): CatchUp {
  const seen = new Set<string>();

  function note(sid: string): void {
    seen.add(sid);
    if (seen.size > maxSeen) for (const oldest of [...seen].slice(0, maxSeen / 2)) seen.delete(oldest);
  }

  async function load(): Promise<Cursor> {
    const stored = await context.state.get("cursor");
    if (stored !== undefined) return JSON.parse(stored) as Cursor;
    // Twilio's times are whole seconds.
    const first = Math.floor(context.now() / 1_000) * 1_000;
    const cursor = { first, last: first };
    await context.state.set("cursor", JSON.stringify(cursor));
    return cursor;
  }

  return {
    note,
    has: (sid) => seen.has(sid),
    async run(handle, signal) {
      const cursor = await load();
      const since = Math.max(cursor.first, cursor.last - overlapMs);
      const { messages, isCut } = await listMessages(account, {
        ...(to === undefined ? {} : { to }),
        since,
        maxPages,
        signal,
      });
      if (isCut) context.log.warn({ read: messages.length }, "More messages came meanwhile than are read at once");
      let last = cursor.last;
      try {
        for (const message of messages) {
          if (!isOurs(message)) continue;
          if (signal.aborted) break;
          const inbound = await loadIfNew(message, signal);
          if (inbound !== undefined) await handle(inbound);
          note(message.sid);
          last = Math.max(last, Date.parse(message.date_created ?? "") || 0);
        }
      } finally {
        if (last > cursor.last) await context.state.set("cursor", JSON.stringify({ first: cursor.first, last }));
      }
    },
  };

  async function loadIfNew(message: TwilioMessage, signal: AbortSignal): Promise<TwilioInbound | undefined> {
    return seen.has(message.sid) ? undefined : loadInbound(account, message, signal);
  }
}
