import { isAppError } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { sleepUntilAborted } from "../_shared/reconnect.ts";
import { callSlack, type SlackApi } from "./api.ts";
import type { Cursors } from "./cursors.ts";
import { readHistory } from "./history.ts";
import { formatTs, isAfter, timeOf } from "./message-id.ts";
import type { SlackMessage } from "./payloads.ts";

/** What is older is left alone: an answer after a week surprises more than it helps. */
const maxAgeMs = 7 * 24 * 3_600_000;
/** Of 200 messages. */
const maxPages = 5;
/** Conversations that are looked through although nothing came from them before, and threads of one conversation. */
const maxRooms = 200;
const maxThreads = 50;

export interface CatchUpParts {
  readonly api: SlackApi;
  readonly cursors: Cursors;
  readonly log: Logger;
  readonly now: () => number;
  /** Stores one message of a history, and moves the cursor. Rejects when it could not be stored. */
  readonly hand: (message: SlackMessage, chat: string) => Promise<void>;
  /** Runs a conversation's work in order with what comes in live. */
  readonly inOrder: (chat: string, work: () => Promise<void>) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Reads what was written while nobody listened, or could not be stored when it came. */
export interface CatchUp {
  /** Reads all conversations from their cursors, in the background. */
  all(): void;
  /** Something of this conversation is missing: it is read again before anything else of it is taken in. */
  mark(chat: string): void;
  isPending(chat: string): boolean;
  /**
   * To be called in the conversation's turn, before what was written there at `ts` is taken in. Resolves true when
   * nothing of it is missing any more. Never throws.
   */
  settle(chat: string, ts?: string): Promise<boolean>;
}

export function createCatchUp(parts: CatchUpParts): CatchUp {
  const { api, cursors, log, signal } = parts;
  const pending = new Set<string>();
  /** Read since the last `all`. */
  const settled = new Set<string>();
  let isRunning = false;
  let isListing = false;

  /** Everything of a conversation behind its cursors, its threads included, oldest first. Throws AppError. */
  async function collect(chat: string, told: string | undefined): Promise<readonly SlackMessage[]> {
    const oldest = formatTs(parts.now() - maxAgeMs);
    const notTooOld = (ts: string): string => (isAfter(oldest, ts) ? oldest : ts);
    const places = cursors.places().filter((place) => place.chat === chat);
    const own = places.find(({ thread }) => thread === undefined)?.ts;
    const after = notTooOld(own ?? beginOf(told));
    const room = await readHistory(api, { chat, after, maxPages, signal });
    const threads = new Map(
      places
        .filter((place) => place.thread !== undefined && isAfter(place.ts, oldest))
        .slice(0, maxThreads)
        .map((place) => [place.thread ?? "", notTooOld(place.ts)]),
    );
    // Threads that began meanwhile and have replies already.
    for (const { ts, latest_reply: latest } of room.messages)
      if (ts !== undefined && latest !== undefined && !threads.has(ts)) threads.set(ts, after);
    const found = [...room.messages];
    for (const [thread, since] of threads) {
      const replies = await readHistory(api, { chat, thread, after: since, maxPages: 2, signal }).catch(
        (error: unknown) => {
          if (isAppError(error, "not-found")) return { messages: [] }; // the thread was deleted
          throw error;
        },
      );
      // The head, and replies that were sent to the channel too, stand in the room's history as well.
      found.push(...replies.messages.filter(({ ts }) => !room.messages.some((each) => each.ts === ts)));
    }
    if (!room.isComplete) log.warn({ chat }, "More was written while Parlance was away than is read afterwards");
    return found.toSorted((a, b) => (isAfter(a.ts ?? "0.0", b.ts ?? "0.0") ? 1 : -1));
  }

  /**
   * Where to read from in a conversation of which nothing is stored: not behind what was just told there. The very
   * first start is marked by our clock, which may be ahead of Slack's, and what follows would come before it.
   */
  function beginOf(told: string | undefined): string {
    const seen = cursors.seen() ?? formatTs(parts.now());
    return told === undefined || isAfter(told, seen) ? seen : formatTs(timeOf(told) - 1);
  }

  async function settle(chat: string, ts?: string): Promise<boolean> {
    if (!isPending(chat)) return true;
    try {
      const missed = await collect(chat, ts).catch((error: unknown) => {
        if (!isAppError(error) || error.retryAfterMs !== undefined || error.code === "aborted") throw error;
        // Left the channel, or a scope is missing: nothing to read there, now or later.
        log.warn({ chat, reason: error.message }, "What was missed in a conversation cannot be read");
        return [];
      });
      for (const message of missed) await parts.hand(message, chat);
      finish(chat);
      return true;
    } catch (error) {
      if (!signal.aborted) log.debug({ chat, error }, "Reading what was missed is tried again");
      return false;
    }
  }

  /** Until Slack has listed our conversations, each that is not read yet may be one of them. */
  function isPending(chat: string): boolean {
    return pending.has(chat) || (isListing && !settled.has(chat));
  }

  function finish(chat: string): void {
    pending.delete(chat);
    if (isListing) settled.add(chat);
    if (pending.size === 0 && !isListing) cursors.hold(false);
  }

  async function listRooms(): Promise<void> {
    let cursor: string | undefined;
    for (let page = 0; page < 5 && pending.size < maxRooms; page += 1) {
      const found: {
        readonly channels?: readonly { readonly id?: string }[];
        readonly response_metadata?: { readonly next_cursor?: string };
      } = await callSlack(
        api,
        "users.conversations",
        { types: "im,mpim,private_channel,public_channel", exclude_archived: true, limit: 200, cursor },
        { effect: "read", signal },
      );
      for (const { id } of found.channels ?? [])
        if (id !== undefined && !settled.has(id) && pending.size < maxRooms) pending.add(id);
      cursor = found.response_metadata?.next_cursor;
      if (cursor === undefined || cursor === "") return;
    }
  }

  async function work(): Promise<void> {
    let failures = 0;
    for (;;) {
      const [chat] = pending;
      if (chat === undefined || signal.aborted) return;
      await parts.inOrder(chat, async () => void (await settle(chat)));
      if (!pending.has(chat)) {
        failures = 0;
        continue;
      }
      // To the end of the queue.
      pending.delete(chat);
      pending.add(chat);
      failures += 1;
      await sleepUntilAborted(Math.min(60_000, 500 * 2 ** failures), signal);
    }
  }

  function wake(): void {
    if (isRunning) return;
    isRunning = true;
    void work()
      .catch((error: unknown) => log.error({ error }, "Catching up failed"))
      .finally(() => (isRunning = false));
  }

  return {
    all() {
      cursors.hold(true);
      isListing = true;
      for (const { chat } of cursors.places()) pending.add(chat);
      wake();
      void listRooms()
        .catch((error: unknown) => {
          if (!signal.aborted) log.warn({ error }, "Slack does not list our conversations: only known ones are read");
        })
        .finally(() => {
          isListing = false;
          settled.clear();
          if (pending.size === 0) cursors.hold(false);
          wake();
        });
    },
    mark(chat) {
      cursors.hold(true);
      pending.add(chat);
      // Slack delivers again by itself within a minute or so; reading comes first where it can.
      setTimeout(wake, 1_000).unref();
    },
    isPending,
    settle,
  };
}
