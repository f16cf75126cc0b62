import type { DecisionRecord, DraftRecord, ThreadRecord } from "../../../src/core/cdc.ts";
import { conversationId } from "../../../src/core/message.ts";
import type { ApprovalRecord, Store } from "../../../src/core/store.ts";
import { outbound, turn } from "../../store/mail.ts";

/** Rows of the desk, made as the watching of channels makes them; times are round about now. */

export function draftOf(id: string, extra: Partial<DraftRecord> = {}): DraftRecord {
  const address = { channel: "mail", chat: `chat-${id}` };
  return {
    id,
    conversation: conversationId(address),
    turnId: `turn-${id}`,
    message: outbound(`approved-${id}`, { address, text: "Here it is.", replyToId: `message-${id}` }),
    question: { senderId: "mail:ada", senderName: "Ada", text: "Could you send me the report?" },
    reason: "It is a request.",
    state: "pending",
    score: 0.8,
    snoozedUntil: 0,
    expiresAt: Date.now() + 86_400_000,
    createdAt: Date.now(),
    updatedAt: Date.now(),
    ...extra,
  };
}

export function decisionOf(id: string, extra: Partial<DecisionRecord> = {}): DecisionRecord {
  const address = { channel: "mail", chat: `chat-${id}` };
  return {
    id,
    conversation: conversationId(address),
    channel: "mail",
    messageId: `message-${id}`,
    senderId: "mail:ada",
    senderName: "Ada",
    excerpt: "Could you send me the report?",
    kind: "request",
    asks: true,
    priority: "normal",
    confidence: 0.9,
    action: "draft",
    tellsOwner: false,
    reasons: ["it asks for something"],
    at: Date.now(),
    ...extra,
  };
}

export function approvalOf(id: string, extra: Partial<ApprovalRecord> = {}): ApprovalRecord {
  return {
    id,
    conversation: "mail/room",
    turnId: `turn-${id}`,
    callId: `call-${id}`,
    tool: "send_message",
    input: { text: "hello" },
    question: "**May I send something that others will see?**",
    state: "pending",
    expiresAt: Date.now() + 86_400_000,
    createdAt: Date.now(),
    ...extra,
  };
}

/** A thread that waits for an answer of the owner's. */
export function threadOf(conversation: string, extra: Partial<ThreadRecord> = {}): ThreadRecord {
  return {
    conversation,
    status: "to-reply",
    reason: "Ada asked",
    theyWroteAt: 5,
    ownerWroteAt: 0,
    weWroteAt: 0,
    exchanges: 0,
    events: [],
    snoozedUntil: 0,
    updatedAt: 5,
    ...extra,
  };
}

export const addDraft = (store: Store, draft: DraftRecord) =>
  store.write(async (transaction) => {
    await transaction.cdc.addDraft(draft);
    await transaction.cdc.addEvent("draft", draft.id, Date.now());
  });

export const addDecision = (store: Store, decision: DecisionRecord) =>
  store.write((transaction) => transaction.cdc.addDecision(decision));

export const addApproval = (store: Store, approval: ApprovalRecord) =>
  store.write(async (transaction) => {
    await transaction.saveTurn(turn(approval.turnId, { conversation: approval.conversation, state: "waiting" }));
    await transaction.addApproval(approval);
  });

/** That many events, in one transaction each. */
export async function addEvents(store: Store, refs: readonly string[]): Promise<void> {
  for (const ref of refs) await store.write((transaction) => transaction.cdc.addEvent("draft", ref, Date.now()));
}
