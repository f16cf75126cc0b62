import { isUuid } from "../../../../channels/webchat/protocol.ts";
import type { PendingMessage } from "./chat-state.ts";

/** Unacknowledged messages survive a reload. Kept per person, so that nobody sends what another person wrote. */
function formatKey(personId: string): string {
  return `parlance.unsent.${personId}`;
}

export function loadPending(personId: string): readonly PendingMessage[] {
  try {
    return parsePending(JSON.parse(localStorage.getItem(formatKey(personId)) ?? "[]"));
  } catch {
    return [];
  }
}

export function savePending(personId: string, pending: readonly PendingMessage[]): void {
  try {
    if (pending.length === 0) localStorage.removeItem(formatKey(personId));
    else localStorage.setItem(formatKey(personId), JSON.stringify(pending));
  } catch {
    // Storage is full or forbidden: the messages live as long as the page.
  }
}

function parsePending(value: unknown): readonly PendingMessage[] {
  return Array.isArray(value)
    ? (value as readonly PendingMessage[]).filter(
        ({ id, chat, text }) => isUuid(id) && isUuid(chat) && typeof text === "string",
      )
    : [];
}
