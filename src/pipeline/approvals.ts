import type { ToolCall } from "../agent/step.ts";
import { describeApproval, formatQuestion } from "../approvals/ask.ts";
import { describeError } from "../core/errors.ts";
import { createCode } from "../core/id.ts";
import type { Address, InboundMessage, OutboundMessage } from "../core/message.ts";
import { say } from "../core/say.ts";
import type { ApprovalRecord, Role, Store, StoreTransaction } from "../core/store.ts";
import type { Tool } from "../core/tool.ts";
import type { PipelineDeps } from "./deps.ts";
import { draftOfCard } from "./desk/draft-card.ts";

export interface Questions {
  readonly approvals: readonly ApprovalRecord[];
  readonly cards: readonly OutboundMessage[];
  save(transaction: StoreTransaction): Promise<void>;
}

/** Whoever may answer is asked where they are: the sender in place when that is an owner or admin, else the owner. */
export async function pickPlace(
  deps: Pick<PipelineDeps, "ownerPlace">,
  message: InboundMessage,
  role: Role,
): Promise<Address | undefined> {
  return role === "owner" || role === "admin" ? message.address : deps.ownerPlace();
}

/** Questions about gated calls, one card each. Where nobody can be asked, the call fails visibly at once. */
export function createQuestions(
  deps: Pick<PipelineDeps, "now">,
  turn: {
    readonly conversation: string;
    readonly turnId: string;
    /** Where the cards go; undefined: nowhere. */
    readonly place: Address | undefined;
    readonly expiresAt: number;
  },
  calls: ReadonlyArray<{ readonly call: ToolCall; readonly tool: Tool; readonly reason: string }>,
): Questions {
  const { place } = turn;
  const asked = calls.map(({ call, tool, reason }) => ask(call, tool, reason));
  const cards = asked.flatMap(({ card }) => card ?? []);

  function ask(
    call: ToolCall,
    tool: Tool,
    reason: string,
  ): { approval: ApprovalRecord; card: OutboundMessage | undefined } {
    const base = {
      id: createCode(6).toLowerCase(),
      conversation: turn.conversation,
      turnId: turn.turnId,
      callId: call.id,
      tool: call.name,
      input: call.input,
      expiresAt: turn.expiresAt,
      createdAt: deps.now(),
    };
    let question: string;
    try {
      question = `${describeApproval(tool, call.input)}\n\n${reason}`;
    } catch (error) {
      return { approval: { ...base, question: describeError(error), state: "undeliverable" }, card: undefined };
    }
    if (place === undefined) return { approval: { ...base, question, state: "undeliverable" }, card: undefined };
    const approval: ApprovalRecord = { ...base, question, state: "pending" };
    return {
      approval,
      card: { id: cardId(approval.id), address: place, attachments: [], ...formatQuestion(approval) },
    };
  }

  return {
    approvals: asked.map(({ approval }) => approval),
    cards,
    save: async (transaction) => {
      for (const { approval } of asked) await transaction.addApproval(approval);
      for (const card of cards) await say(transaction, card, deps.now());
    },
  };
}

/**
 * A question whose card could not be delivered is settled as not asked, so that its turn goes on and says so at once,
 * rather than waiting for an answer that nobody can give. Resolves with the conversation to ring for.
 */
export async function settleUndeliverable(store: Store, outboundId: string, now: number): Promise<string | undefined> {
  const draftId = draftOfCard(outboundId);
  if (draftId !== undefined) return settleUnasked(store, draftId, now);
  const id = outboundId.startsWith(cardPrefix) ? outboundId.slice(cardPrefix.length) : undefined;
  const approval = id === undefined ? undefined : await store.approval(id);
  if (approval === undefined) return undefined;
  const isFirst = await store.write(async (transaction) => {
    if (!(await transaction.answerApproval(approval.id, "undeliverable", "system"))) return false;
    await transaction.audit(
      { kind: "approval.undeliverable", actor: "system", subject: approval.conversation, details: { id: approval.id } },
      now,
    );
    return true;
  });
  return isFirst ? approval.conversation : undefined;
}

/** A draft that the owner could not be asked about: it ends, and says so where drafts are listed. */
async function settleUnasked(store: Store, id: string, now: number): Promise<undefined> {
  await store.write(async (transaction) => {
    if (!(await transaction.cdc.answerDraft(id, { state: "undeliverable", by: "system" }, now))) return;
    await transaction.cdc.addEvent("draft", id, now);
    await transaction.audit({ kind: "draft.undeliverable", actor: "system", subject: id, details: { id } }, now);
  });
}

const cardPrefix = "approval-";

/** Outbound id of an approval's card. */
export function cardId(approvalId: string): string {
  return `${cardPrefix}${approvalId}`;
}
