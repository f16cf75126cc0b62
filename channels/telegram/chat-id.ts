import type { Address } from "../../src/core/message.ts";

/** Ids of messages are unique only within a chat, so ours hold both: "<chat>:<message>" and what may follow. */
export function formatMessageId(chat: number | string, messageId: number): string {
  return `${chat}:${messageId}`;
}

/** The message part of an id of ours; undefined when it is none, such as a button press. */
export function parseMessageId(id: string): number | undefined {
  const found = /^-?\d+:(\d+)/.exec(id)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Where a call is to go; Telegram takes both as numbers. */
export function formatTarget(address: Address): { chat_id: number; message_thread_id?: number } {
  const chat = { chat_id: Number(address.chat) };
  return address.thread === undefined ? chat : { ...chat, message_thread_id: Number(address.thread) };
}
