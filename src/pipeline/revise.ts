import type { InboundMessage } from "../core/message.ts";
import type { InboxItem } from "../core/store.ts";

/** Does it change or take back a message, rather than say something new? */
export function isRevision(message: InboundMessage): boolean {
  return message.kind === "edit" || message.kind === "deletion";
}

export interface FoldedMail {
  /** What is said now: edited messages with their new text, without those that were taken back. */
  readonly mail: readonly InboxItem[];
  /** Revisions of messages that are not among the items: to be made in what was said before. */
  readonly revisions: readonly InboundMessage[];
}

/** Applies edits and deletions to the mail that they come with, in order of arrival. */
export function foldRevisions(items: readonly InboxItem[]): FoldedMail {
  const mail = new Map<string, InboxItem>();
  const known = new Set<string>();
  const revisions: InboundMessage[] = [];
  for (const item of items) {
    const { message } = item;
    const { targetId = "" } = message;
    if (!isRevision(message)) {
      mail.set(message.id, item);
      known.add(message.id);
      continue;
    }
    const target = mail.get(targetId);
    if (!known.has(targetId)) revisions.push(message);
    // Only who wrote a message changes it; platforms let moderators delete as well.
    else if (message.kind === "deletion") mail.delete(targetId);
    else if (target?.message.sender.id === message.sender.id)
      mail.set(targetId, { ...target, message: { ...target.message, text: message.text } });
  }
  return { mail: [...mail.values()], revisions };
}
