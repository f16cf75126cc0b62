import type { Address } from "../../src/core/message.ts";

const threadMark = ";messageid=";
const idMark = "|";

/** In a channel, Teams names the thread within the id of the conversation: "19:…@thread.tacv2;messageid=1700000000000". */
export function parsePlace(conversation: string, channel: string): Address {
  const at = conversation.indexOf(threadMark);
  if (at < 0) return { channel, chat: conversation };
  return { channel, chat: conversation.slice(0, at), thread: conversation.slice(at + threadMark.length) };
}

export function formatPlace({ chat, thread }: Pick<Address, "chat" | "thread">): string {
  return thread === undefined ? chat : chat + threadMark + thread;
}

/** Ids of messages are unique within their chat only, so ours name both. */
export function formatMessageId(chat: string, activity: string): string {
  return chat + idMark + activity;
}

/** The part that Teams knows. */
export function parseMessageId(id: string): string {
  return id.slice(id.indexOf(idMark) + 1);
}
