import { createHash } from "node:crypto";
import { isUuid } from "./protocol.ts";

/*
 * A chat id is "<owner>:<uuid>". The owner part is made from the signed-in person on every call and never taken from
 * the page, so a page can only ever name chats of its own person.
 */

/** Stands for a person in chat ids: 22 characters without ":" whatever the person's id holds. */
export function ownerOf(personId: string): string {
  return createHash("sha256").update(personId).digest("base64url").slice(0, 22);
}

export function formatChatId(owner: string, chat: string): string {
  return `${owner}:${chat}`;
}

/** Undefined: no chat id of ours. */
export function parseChatId(id: string): { readonly owner: string; readonly chat: string } | undefined {
  const [owner = "", chat, ...rest] = id.split(":");
  return owner.length === 22 && isUuid(chat) && rest.length === 0 ? { owner, chat } : undefined;
}

/** The chat that is opened for a person who has none yet; always the same one. */
export function firstChatOf(owner: string): string {
  const hex = createHash("sha256").update(`first chat of ${owner}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
