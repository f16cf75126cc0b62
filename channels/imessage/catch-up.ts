import type { ChannelContext } from "../../src/core/channel.ts";
import type { BlueMessage } from "./message.ts";

/** Where messages are looked up: a BlueBubbles server, or chat.db itself. */
export interface History {
  /** Some row above this one, not always the last; undefined when there is none. */
  rowAbove(row: number, signal: AbortSignal): Promise<number | undefined>;
  /** Rows above `from`, up to and with `to`, in order. */
  rows(from: number, to: number, signal: AbortSignal): Promise<readonly BlueMessage[]>;
}

export interface CatchUp {
  /**
   * Hands over what came since the last time, in order; rejects at the first that cannot be stored. False: it ended
   * before a message that Messages has not put into its chat yet.
   */
  run(handle: (message: BlueMessage) => Promise<void>, signal: AbortSignal): Promise<boolean>;
  /** This one is stored already: told by a call. */
  note(guid: string): void;
}

const windowRows = 500;
/** A year of talk is not read in after a holiday. */
const maxRows = 20_000;
const maxSeen = 2_000;
/** A row is written first, and put into its chat a moment later. So long is waited for that. */
const joinMs = 10_000;
const cursorKey = "row";

/**
 * Every message on a Mac has a row, and rows only grow: the last one that is stored is kept. The first start begins
 * with what comes then.
 */
export function createCatchUp(history: History, context: Pick<ChannelContext, "state" | "log">): CatchUp {
  const { state, log } = context;
  const seen = new Set<string>();
  /** Has the kept place been held against the history since we started? */
  let isChecked = false;
  /** Since when the rows without a chat are waited for. */
  const waiting = new Map<string, number>();

  function isUnfinished({ guid, chats }: BlueMessage): boolean {
    const since = waiting.get(guid) ?? performance.now();
    const isOpen = (chats ?? []).length === 0 && performance.now() - since < joinMs;
    if (isOpen) waiting.set(guid, since);
    else waiting.delete(guid);
    return isOpen;
  }

  function note(guid: string): void {
    seen.add(guid);
    if (seen.size > maxSeen) for (const oldest of [...seen].slice(0, maxSeen / 2)) seen.delete(oldest);
  }

  async function findLast(signal: AbortSignal): Promise<number> {
    let last = 0;
    for (let above = await history.rowAbove(last, signal); above !== undefined;) {
      last = above;
      above = await history.rowAbove(last, signal);
    }
    return last;
  }

  async function loadCursor(signal: AbortSignal): Promise<number> {
    const stored = await state.get(cursorKey);
    if (stored !== undefined && isChecked) return Number(stored);
    const last = await findLast(signal);
    isChecked = true;
    const from = Number(stored ?? last);
    // Another Mac, or a history made anew, counts from the beginning.
    if (from > last) log.warn({ row: from, last }, "The history is shorter than it was: it is read from its end");
    if (last - from > maxRows) log.warn({ rows: last - from }, "More messages came meanwhile than are read afterwards");
    const cursor = Math.max(Math.min(from, last), last - maxRows);
    await state.set(cursorKey, String(cursor));
    return cursor;
  }

  return {
    note,
    async run(handle, signal) {
      let cursor = await loadCursor(signal);
      for (;;) {
        const above = await history.rowAbove(cursor, signal);
        if (above === undefined) return true;
        while (cursor < above) {
          const to = Math.min(cursor + windowRows, above);
          for (const message of await history.rows(cursor, to, signal)) {
            if (signal.aborted) return true;
            if (isUnfinished(message)) return false;
            if (!seen.has(message.guid)) await handle(message);
            note(message.guid);
            cursor = message.originalROWID;
            await state.set(cursorKey, String(cursor));
          }
          if (signal.aborted) return true;
          cursor = to;
          await state.set(cursorKey, String(cursor));
        }
      }
    },
  };
}
