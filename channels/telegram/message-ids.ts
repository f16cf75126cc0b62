import type { ChannelNotes, ChannelState } from "../../src/core/channel.ts";
import { parseMessageId } from "./chat-id.ts";

/**
 * What is known of Telegram's message ids, for finding out whether a send arrived. Supergroups and channels (ids that
 * start with -100) count their own; all private chats and small groups of a bot share one counter.
 */
export interface MessageIds {
  load(): Promise<void>;
  /** An id was seen in this chat, whoever wrote it. */
  note(chat: string, messageId: number): void;
  /** A message of ours arrived: what is to be recorded together with it, so that neither is known without the other. */
  noteOurs(chat: string, messageId: number): ChannelNotes;
  /** The highest id seen in the chat's counter; 0 when none was. */
  highest(chat: string): number;
  /** Is this id known to be another message? */
  isTaken(chat: string, messageId: number): boolean;
  /** The highest id of ours in this chat that any process recorded, and the highest seen in its counter. */
  loadBounds(chat: string): Promise<{ readonly ours: number; readonly seen: number }>;
  /** Writes what was seen, at most once a second. */
  save(now: number): Promise<void>;
}

const maxScopes = 200;
const maxTaken = 5_000;
const saveEveryMs = 1_000;

export function createMessageIds(state: ChannelState): MessageIds {
  const seen = new Map<string, number>();
  const taken = new Set<string>();
  let savedAt = -Infinity;
  let isChanged = false;

  function note(chat: string, messageId: number): void {
    const scope = scopeOf(chat);
    const highest = seen.get(scope) ?? 0;
    // Deleting first keeps the map in order of use.
    seen.delete(scope);
    seen.set(scope, Math.max(highest, messageId));
    taken.add(`${scope}:${messageId}`);
    trim(seen, maxScopes);
    trim(taken, maxTaken);
    isChanged = true;
  }

  async function readSeen(): Promise<readonly (readonly [string, number])[]> {
    return JSON.parse((await state.get("seen")) ?? "[]") as [string, number][];
  }

  return {
    note,
    async load() {
      for (const [scope, id] of await readSeen()) seen.set(scope, Math.max(id, seen.get(scope) ?? 0));
    },
    noteOurs(chat, messageId) {
      note(chat, messageId);
      return { [`sent/${chat}`]: String(messageId) };
    },
    highest: (chat) => seen.get(scopeOf(chat)) ?? 0,
    isTaken: (chat, messageId) => taken.has(`${scopeOf(chat)}:${messageId}`),
    async loadBounds(chat) {
      const [ours, stored] = await Promise.all([state.get(`sent/${chat}`), readSeen()]);
      const scope = scopeOf(chat);
      return {
        ours: Number(ours ?? 0),
        seen: Math.max(seen.get(scope) ?? 0, new Map(stored).get(scope) ?? 0),
      };
    },
    async save(now) {
      if (!isChanged || now - savedAt < saveEveryMs) return;
      savedAt = now;
      isChanged = false;
      await state.set("seen", JSON.stringify([...seen]));
    },
  };
}

/** The highest of several ids of ours, 0 for none. */
export function highestOf(ids: readonly (string | undefined)[]): number {
  return Math.max(0, ...ids.map((id) => (id === undefined ? 0 : (parseMessageId(id) ?? 0))));
}

function scopeOf(chat: string): string {
  return chat.startsWith("-100") ? chat : "account";
}

function trim(collection: Map<string, unknown> | Set<string>, size: number): void {
  if (collection.size <= size) return;
  const [oldest] = collection.keys();
  if (oldest !== undefined) collection.delete(oldest);
}
