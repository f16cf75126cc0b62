import type { InboundMessage } from "../core/message.ts";
import type { InboxItem } from "../core/store.ts";
import { parseCommand } from "./commands/command.ts";
import { isRevision } from "./revise.ts";

function isCommand(message: InboundMessage): boolean {
  return !isRevision(message) && parseCommand(message.text) !== undefined;
}

/** The leading run of one sender's messages: nobody's words run with another's authority. Commands stand alone. */
export function pickBatch(mail: readonly InboxItem[]): readonly InboxItem[] {
  const [first] = mail;
  if (first === undefined) return [];
  if (isCommand(first.message)) return [first];
  const end = mail.findIndex((item) => item.message.sender.id !== first.message.sender.id || isCommand(item.message));
  return end === -1 ? mail : mail.slice(0, end);
}
