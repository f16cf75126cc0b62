import type { InboundMessage } from "../core/message.ts";
import type { Role } from "../core/store.ts";

/** Where text from outside came from. Shown to people, so that they know why they are asked. */
export type TaintSource = "stranger" | "mail" | "document" | "machine" | "tool";

export interface MailOfTurn {
  readonly message: InboundMessage;
  /** Undefined: nobody we know. */
  readonly role: Role | undefined;
  /** Can a sender be forged on this channel? True for mail: its From line proves nothing, the owner's included. */
  readonly isForgeable: boolean;
}

/** Tells what in one message was written by somebody the owner did not let in; undefined: nothing. */
export function findTaint({ message, role, isForgeable }: MailOfTurn): TaintSource | undefined {
  if (isForgeable) return "mail";
  if (role !== "owner" && role !== "admin" && role !== "member") return "stranger";
  if (message.sender.isBot || message.isAutomated === true) return "machine";
  // Whoever sends a file has seldom written it.
  return message.attachments.length > 0 ? "document" : undefined;
}

/**
 * The sources of taint of a whole turn; empty: untainted. One tainted message taints the turn: the model reads them
 * all. Taint is never taken off again; a tool's result from outside adds "tool".
 */
export function findTurnTaint(mail: readonly MailOfTurn[]): readonly TaintSource[] {
  return [...new Set(mail.map(findTaint).filter((source) => source !== undefined))];
}
