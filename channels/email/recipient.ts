import { AppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { directPrefix } from "./identity.ts";
import type { ThreadMail } from "./threads.ts";

export interface Recipient {
  readonly to: string;
  /** The mail that is answered; undefined starts a new thread. */
  readonly answered: ThreadMail | undefined;
}

/** "to:ada@example.org" -> "ada@example.org"; undefined for a mail thread. */
export function parseDirectChat(chat: string): string | undefined {
  if (!chat.startsWith(directPrefix)) return undefined;
  const address = chat.slice(directPrefix.length).replace(/^unverified:/, "");
  return /^[^\s<>,;:"]+@[^\s<>,;:"]+$/.test(address) ? address : undefined;
}

/**
 * Who gets an outbound message. `mails` are the last ones received in its conversation. In a thread of several people
 * an answer goes to the writer of the very mail it answers and to nobody else; a direct chat's mail only ever goes to
 * that person, whatever Reply-To was asked for. Throws AppError "send-rejected" rather than guess.
 */
export function pickRecipient(message: OutboundMessage, mails: readonly ThreadMail[]): Recipient {
  const answered =
    mails.find(({ id }) => id === message.replyToId) ??
    (hasOneWriter(mails) || message.replyToId === undefined ? mails.at(-1) : undefined);
  const direct = parseDirectChat(message.address.chat);
  if (direct !== undefined) return { to: direct, answered: answered?.to === direct ? answered : undefined };
  if (answered !== undefined) return { to: answered.to, answered };
  throw new AppError("send-rejected", "It is not known any more whom an answer in this mail thread goes to.", {
    hint: "Write to the person directly instead.",
  });
}

function hasOneWriter(mails: readonly ThreadMail[]): boolean {
  return new Set(mails.map(({ to }) => to)).size === 1;
}
