import type { InboxItem } from "../core/store.ts";
import { isRevision } from "./revise.ts";

/** Nobody's mail overtakes another person's, nor a command. */
export function pickSteering(unread: readonly InboxItem[], senderId: string | undefined): readonly InboxItem[] {
  const end = unread.findIndex(({ message }) => message.sender.id !== senderId || message.text.startsWith("/"));
  return end === -1 ? unread : unread.slice(0, end);
}

export function pickOwnRevisions(unread: readonly InboxItem[], items: readonly InboxItem[]): readonly InboxItem[] {
  const ids = new Set(items.map(({ message }) => message.id));
  return unread.filter(({ message }) => isRevision(message) && ids.has(message.targetId ?? ""));
}
