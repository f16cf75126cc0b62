import type { ChannelState } from "../../src/core/channel.ts";
import { idAt, idBefore, isLater, timeOf } from "./snowflake.ts";

/** Up to which message each chat is stored, for reading behind it what was written while we were away. */
export interface Cursors {
  load(): Promise<void>;
  /** A message is about to be handed over: from now on its chat is known, after a crash as well. */
  begin(chat: string, messageId: string, isDirect: boolean): Promise<void>;
  /** It is stored. */
  move(chat: string, messageId: string): void;
  /** Behind which message to read; undefined for chats of which nothing can be said. */
  find(chat: string): string | undefined;
  /** Direct chats known, latest first. Discord lists them nowhere. */
  directChats(): readonly string[];
  /** Holds the mark for all other chats where it is, until `release`: what came before it is still being read. */
  hold(): void;
  release(): void;
  save(): Promise<void>;
}

/** Within the 64 KiB that a value of the state may have. */
const maxChats = 1_000;
/** Events of different chats overtake each other, but not by this much. */
const markMarginMs = 120_000;
const key = "cursors";

interface Kept {
  /** Of chats without a cursor of their own, everything up to this message is stored. */
  readonly mark?: string;
  /** In order of use. "d" stands in front of the cursors of direct chats. */
  readonly chats: readonly (readonly [string, string])[];
}

export function createCursors(state: ChannelState): Cursors {
  const chats = new Map<string, { readonly last: string; readonly isDirect: boolean }>();
  let mark: string | undefined;
  let latest: string | undefined;
  let isHeld = false;
  let isChanged = false;

  async function save(): Promise<void> {
    if (!isChanged) return;
    isChanged = false;
    const entries = [...chats].map(([chat, { last, isDirect }]) => [chat, isDirect ? `d${last}` : last] as const);
    const kept: Kept = { ...(mark === undefined ? {} : { mark }), chats: entries };
    try {
      await state.set(key, JSON.stringify(kept));
    } catch (error) {
      isChanged = true;
      throw error;
    }
  }

  function put(chat: string, last: string, isDirect: boolean): void {
    // Deleting first keeps the map in order of use.
    chats.delete(chat);
    chats.set(chat, { last, isDirect });
    const [oldest] = chats.keys();
    if (chats.size > maxChats && oldest !== undefined) chats.delete(oldest);
    isChanged = true;
  }

  return {
    async load() {
      const kept = JSON.parse((await state.get(key)) ?? '{"chats":[]}') as Kept;
      mark = kept.mark;
      latest = undefined;
      chats.clear();
      for (const [chat, last] of kept.chats) put(chat, last.replace(/^d/, ""), last.startsWith("d"));
      isChanged = false;
    },
    async begin(chat, messageId, isDirect) {
      if (chats.has(chat)) return;
      put(chat, idBefore(messageId), isDirect);
      await save();
    },
    move(chat, messageId) {
      const known = chats.get(chat);
      if (known !== undefined && isLater(messageId, known.last)) put(chat, messageId, known.isDirect);
      if (latest === undefined || isLater(messageId, latest)) latest = messageId;
      if (isHeld) return;
      const next = idAt(timeOf(latest) - markMarginMs);
      if (mark === undefined || isLater(next, mark)) mark = next;
      isChanged = true;
    },
    find: (chat) => chats.get(chat)?.last ?? mark,
    directChats: () => [...chats].flatMap(([chat, { isDirect }]) => (isDirect ? [chat] : [])).toReversed(),
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
    },
    save,
  };
}
