import { isLater } from "./snowflake.ts";

/** The latest message known of each chat, whoever wrote it: behind it comes what is sent next. */
export interface Seen {
  note(chat: string, messageId: string): void;
  latest(chat: string): string | undefined;
}

const maxChats = 5_000;

export function createSeen(): Seen {
  const chats = new Map<string, string>();
  return {
    note(chat, messageId) {
      const known = chats.get(chat);
      // Deleting first keeps the map in order of use.
      chats.delete(chat);
      chats.set(chat, known === undefined || isLater(messageId, known) ? messageId : known);
      const [oldest] = chats.keys();
      if (chats.size > maxChats && oldest !== undefined) chats.delete(oldest);
    },
    latest: (chat) => chats.get(chat),
  };
}
