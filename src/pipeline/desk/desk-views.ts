import type { DraftRecord } from "../../core/cdc.ts";
import type { ApprovalView, DraftView } from "../../core/desk.ts";
import { showHidden } from "../../core/quote.ts";
import type { ApprovalRecord, Store } from "../../core/store.ts";

/** A draft as the owner reads it, with the decision that led to it. */
export async function loadDraftView(store: Pick<Store, "cdc">, draft: DraftRecord): Promise<DraftView> {
  const { channel } = draft.message.address;
  const { replyToId } = draft.message;
  const decision = replyToId === undefined ? undefined : await store.cdc.decisionOf(channel, replyToId);
  return toDraftView(draft, decision?.id);
}

function toDraftView(draft: DraftRecord, decisionId: string | undefined): DraftView {
  const { id, conversation, message, question, reason, state, sentText, answeredBy, score } = draft;
  const shownText = showHidden(message.text);
  return {
    id,
    conversation,
    channel: message.address.channel,
    senderId: question.senderId,
    senderName: question.senderName,
    question: showHidden(question.text),
    ...(message.subject === undefined ? {} : { subject: message.subject }),
    text: message.text,
    ...(shownText === message.text ? {} : { shownText }),
    files: message.attachments.map(({ name }) => name),
    reason,
    ...(decisionId === undefined ? {} : { decisionId }),
    state,
    ...(sentText === undefined ? {} : { sentText }),
    ...(answeredBy === undefined ? {} : { answeredBy }),
    ...(score === undefined ? {} : { score }),
    snoozedUntil: draft.snoozedUntil,
    expiresAt: draft.expiresAt,
    createdAt: draft.createdAt,
    updatedAt: draft.updatedAt,
  };
}

export function toApprovalView(approval: ApprovalRecord): ApprovalView {
  const { id, conversation, tool, question, expiresAt, createdAt } = approval;
  return { id, conversation, tool, question, expiresAt, createdAt };
}
