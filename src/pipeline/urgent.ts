import { decideAnswer, explainRefusal, mayAnswer, parseAnswer, type Answer } from "../approvals/answer.ts";
import { parseDraftWish } from "../approvals/draft-answer.ts";
import { formatOutcome } from "../approvals/ask.ts";
import { createId } from "../core/id.ts";
import { conversationId, type InboundMessage, type OutboundMessage } from "../core/message.ts";
import type { ApprovalRecord, Role, Store, StoreTransaction } from "../core/store.ts";
import { gateTool, type GateInput } from "../scheduler/run/contracts.ts";
import { mayAnswerGate } from "../scheduler/run/gate.ts";
import { parseCommand } from "./commands/command.ts";
import { prepareDraftAnswer, type DraftAnswer, type DraftDeps } from "./desk/answer-draft.ts";
import type { UrgentAction, UrgentEffect } from "./receive.ts";

export interface UrgentDeps {
  readonly store: Store;
  readonly now: () => number;
  /** Ends the turn that runs in this conversation, wherever it runs. */
  readonly stopTurn: (conversation: string) => void;
  /** An approval was answered: its turn can go on, its card shall show the outcome. */
  readonly onAnswered: (approval: ApprovalRecord, outcome: string) => void;
  readonly drafts: Omit<DraftDeps, "store" | "now">;
}

/** Commands that must not wait behind a busy turn: they take effect in the transaction that receives them. */
export function createUrgentPicker(
  deps: UrgentDeps,
): (message: InboundMessage, role: Role) => UrgentAction | undefined {
  return function pickUrgent(message, role) {
    const answer = parseAnswer(message.text);
    if (answer !== undefined) return answerApproval(deps, message, role, answer);
    const wish = parseDraftWish(message.text);
    if (wish?.kind === "edit") return answerDraft(deps, message, role, wish.id, wish);
    if (wish?.kind === "snooze")
      return answerDraft(deps, message, role, wish.id, { kind: "snooze", until: deps.now() + wish.forMs });
    const command = parseCommand(message.text);
    return command?.name === "stop" && command.argument === "" ? stopTurn(deps, message) : undefined;
  };
}

function stopTurn({ now, stopTurn: stop }: UrgentDeps, message: InboundMessage): UrgentAction {
  return {
    kind: "turn.stop-requested",
    prepare: async () => async () => ({
      replies: [reply(message, "Stopped.", now())],
      after: () => stop(conversationId(message.address)),
    }),
  };
}

function answerDraft(
  deps: UrgentDeps,
  message: InboundMessage,
  role: Role,
  id: string,
  answer: DraftAnswer,
): UrgentAction {
  return { kind: "draft.answered", prepare: () => prepareDraft(deps, message, role, id, answer) };
}

/** What is said about drafts is answered by private word to whoever said it, in the same transaction. */
async function prepareDraft(deps: UrgentDeps, message: InboundMessage, role: Role, id: string, answer: DraftAnswer) {
  const { store, now, drafts } = deps;
  const run = await prepareDraftAnswer({ ...drafts, store, now }, id, answer, { id: message.sender.id, role });
  return async (transaction: StoreTransaction): Promise<UrgentEffect> => {
    const { text, after } = await run(transaction);
    return { replies: [reply(message, text, now())], ...(after === undefined ? {} : { after }) };
  };
}

function answerApproval(deps: UrgentDeps, message: InboundMessage, role: Role, answer: Answer): UrgentAction {
  const { store, now, onAnswered } = deps;
  const say = (text: string): UrgentEffect => ({ replies: [reply(message, text, now())] });
  return {
    kind: "approval.answered",
    prepare: async () => {
      const approval = await store.approval(answer.id);
      if (approval === undefined) {
        const verb = answer.state === "approved" ? "approve" : "reject";
        return prepareDraft(deps, message, role, answer.id, { kind: verb });
      }
      return async (transaction) => {
        const decision = decideAnswer(approval, isAllowed(approval, message.sender.id, role), now());
        if (decision !== "ok") return say(explainRefusal(decision));
        const isFirst = await transaction.answerApproval(answer.id, answer.state, message.sender.id);
        if (!isFirst) return say(explainRefusal("already-answered"));
        const answered: ApprovalRecord = { ...approval, state: answer.state, answeredBy: message.sender.id };
        const text = answer.state === "approved" ? "Approved." : "Denied. Nothing will be done.";
        return { ...say(text), after: () => onAnswered(answered, formatOutcome(answered, message.sender.name)) };
      };
    },
  };
}

/** Questions of workflows name who may answer them. */
function isAllowed({ tool, input }: ApprovalRecord, id: string, role: Role): boolean {
  return tool === gateTool ? mayAnswerGate((input as GateInput).approver, { id, role }) : mayAnswer(role);
}

function reply(message: InboundMessage, text: string, now: number): OutboundMessage {
  return { id: createId(now), address: message.address, text, attachments: [], replyToId: message.id };
}
