import type { InboundMessage, OutboundMessage } from "../core/message.ts";
import { quoteBlock, quoteInline } from "../core/quote.ts";
import { createReply, say } from "../core/say.ts";
import type { StoreTransaction } from "../core/store.ts";
import type { PipelineDeps } from "./deps.ts";
import type { ChannelPolicy } from "./policy.ts";

const maxQuoted = 500;

/**
 * What whoever asked is told when an answer was given up. Undefined in the owner's own account, where nobody spoke to a
 * bot: there the owner is told.
 */
export function createFailureReply(
  message: InboundMessage | undefined,
  turnId: string,
  policy: ChannelPolicy,
  ownerIds: readonly string[],
  spent: string | undefined,
): OutboundMessage | undefined {
  if (message === undefined || policy.mode === "listen") return undefined;
  if (policy.reply !== undefined && !ownerIds.includes(message.sender.id)) return undefined;
  const kept = "Your message is kept, and my operator can have it answered later.";
  const text =
    spent === undefined
      ? `I could not answer this: something failed that I could not mend by trying again. ${kept}`
      : `I do not answer any more today: ${spent} ${kept}`;
  return createReply(message, `${turnId}-failed`, text);
}

/** Tells the owner of a message to them that nobody could write an answer to. Undefined: they cannot be reached now. */
export async function tellUnanswered(
  { ownerPlace, now }: Pick<PipelineDeps, "ownerPlace" | "now">,
  message: InboundMessage,
  turnId: string,
  reason: string,
): Promise<((transaction: StoreTransaction) => Promise<void>) | undefined> {
  const address = await ownerPlace();
  if (address === undefined) return undefined;
  const text = `**No answer could be written to ${quoteInline(message.sender.name)}:** ${reason}\n\n${quoteBlock(message.text.slice(0, maxQuoted).toWellFormed())}\n\nIt is kept among the dead letters; nothing was sent.`;
  return (transaction) => say(transaction, { id: `${turnId}-unanswered`, address, text, attachments: [] }, now());
}
