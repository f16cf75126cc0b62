import { decideAnswer, explainRefusal } from "../../approvals/answer.ts";
import { formatOutcome } from "../../approvals/ask.ts";
import type { DecisionRecord } from "../../core/cdc.ts";
import type { Desk, DeskAnswer, DeskInbox, DeskStyle, ThreadView } from "../../core/desk.ts";
import { AppError } from "../../core/errors.ts";
import type { ApprovalRecord, Store } from "../../core/store.ts";
import { gateTool, type GateInput } from "../../scheduler/run/contracts.ts";
import { mayAnswerGate } from "../../scheduler/run/gate.ts";
import { prepareDraftAnswer, type DraftDeps } from "./answer-draft.ts";
import { loadDraftView, toApprovalView } from "./desk-views.ts";

const dayMs = 86_400_000;
const maxSnoozeMs = 60 * dayMs;
const maxDrafts = 50;
const maxListed = 20;
const maxDigests = 3;
/** Whose nearness to the owner's manner is averaged. */
const measuredDrafts = 20;

export interface DeskDeps {
  readonly store: Store;
  readonly now: () => number;
  readonly drafts: Omit<DraftDeps, "store" | "now">;
  /** An approval was answered: its turn can go on, its card shall show the outcome. */
  readonly onAnswered: (approval: ApprovalRecord, outcome: string) => void;
  /** Committed: what the owner said of a decision can be learned from. */
  readonly onCorrected?: (decision: DecisionRecord, correction: "asks" | "ignore") => void;
  /** Is the owner's manner known well enough to be used? Absent: told by how much of theirs is kept. */
  readonly styleStatus?: () => Promise<DeskStyle["status"]>;
}

/** The owner's desk over the store. What is answered here is answered as in chat: once, whoever was first. */
export function openDesk(deps: DeskDeps): Desk {
  const { store, now } = deps;

  async function loadInbox(): Promise<DeskInbox> {
    // Before anything else: what changes while the rest is read is told of afterwards.
    const seq = await store.cdc.lastEvent();
    const at = now();
    const [waiting, approvals, open, told, followUps, promises, digests, style] = await Promise.all([
      store.cdc.pendingDrafts(at, maxDrafts, true),
      store.pendingApprovals(maxDrafts),
      store.cdc.threads("to-reply", maxListed),
      store.cdc.decisions({ needsOwner: true, since: at - dayMs, limit: maxDrafts }),
      store.cdc.waitingFollowUps(maxListed),
      store.cdc.openPromises(maxListed),
      store.cdc.digests(maxDigests),
      loadStyle(),
    ]);
    const drafts = await Promise.all(
      waiting.filter(({ expiresAt }) => expiresAt > at).map((draft) => loadDraftView(store, draft)),
    );
    const drafted = new Set(waiting.map(({ conversation }) => conversation));
    const threads = open.filter(({ conversation, snoozedUntil }) => !drafted.has(conversation) && snoozedUntil <= at);
    const seen = new Set([...drafted, ...threads.map(({ conversation }) => conversation)]);
    return {
      seq,
      drafts: drafts.filter(({ snoozedUntil }) => snoozedUntil <= at),
      snoozed: drafts.filter(({ snoozedUntil }) => snoozedUntil > at),
      approvals: approvals.filter(({ expiresAt }) => expiresAt > at).map(toApprovalView),
      threads: await Promise.all(threads.map(({ conversation, ...thread }) => loadThread(conversation, thread))),
      // What was only drafted for is shown as a draft, and not again once it is answered.
      told: told.filter(({ tellsOwner, conversation }) => tellsOwner && !seen.has(conversation)).slice(0, maxListed),
      followUps: followUps.map(({ id, conversation, kind, reason, dueAt }) => ({
        id,
        conversation,
        kind,
        reason,
        dueAt,
      })),
      promises,
      digests,
      style,
    };
  }

  async function loadThread(
    conversation: string,
    { status, reason, theyWroteAt }: Pick<ThreadView, "status" | "reason" | "theyWroteAt">,
  ): Promise<ThreadView> {
    const [latest] = await store.cdc.decisions({ conversation, limit: 1 });
    return { conversation, status, reason, theyWroteAt, ...(latest === undefined ? {} : { latest }) };
  }

  async function loadStyle(): Promise<DeskStyle> {
    const [sources, drafts] = await Promise.all([
      store.cdc.countOwnMessages(),
      store.cdc.recentDrafts(0, measuredDrafts),
    ]);
    const messages = sources.reduce((sum, { count }) => sum + count, 0);
    const scores = drafts.flatMap(({ score }) => score ?? []);
    const score = scores.reduce((sum, each) => sum + each, 0) / scores.length;
    const status =
      (await deps.styleStatus?.()) ?? (scores.length > 0 ? "ready" : messages > 0 ? "learning" : "unknown");
    return { status, messages, ...(scores.length === 0 ? {} : { score }) };
  }

  /** Throws AppError "bad-input". */
  function checkSnooze(answer: DeskAnswer): void {
    if (answer.kind !== "snooze") return;
    const forMs = answer.until - now();
    if (forMs <= 0 || forMs > maxSnoozeMs)
      throw new AppError("bad-input", "A draft can be put off until a time within the next 60 days.");
  }

  return {
    inbox: loadInbox,
    async draft(id) {
      const draft = await store.cdc.draft(id);
      return draft && loadDraftView(store, draft);
    },
    async answerDraft(id, answer, who) {
      checkSnooze(answer);
      const wish = answer.kind === "approve" ? { kind: answer.kind } : answer;
      const run = await prepareDraftAnswer({ ...deps.drafts, store, now }, id, wish, { id: who.id, role: "owner" });
      // Read after what is sent was: where it changed in between, nothing is sent.
      const draft = await store.cdc.draft(id);
      if (draft === undefined) throw notFound("draft", id);
      if (answer.kind === "approve" && answer.text !== undefined && answer.text !== draft.message.text)
        throw new AppError("conflict", "This draft has changed since you read it; nothing was sent.", {
          hint: "Read it again, then answer.",
        });
      const { text, isDone, after } = await store.write(run);
      if (!isDone) throw new AppError("conflict", text, { hint: "The inbox shows what still waits." });
      after?.();
      return { text, draft: await loadDraftView(store, (await store.cdc.draft(id)) ?? draft) };
    },
    async answerApproval(id, isApproved, who) {
      const approval = await store.approval(id);
      if (approval === undefined) throw notFound("question", id);
      if (
        approval.tool === gateTool &&
        !mayAnswerGate((approval.input as GateInput).approver, { ...who, role: "owner" })
      )
        throw new AppError("forbidden", "This question is for somebody else; nothing was answered.");
      const decision = decideAnswer(approval, true, now());
      if (decision !== "ok") throw new AppError("conflict", explainRefusal(decision));
      const state = isApproved ? "approved" : "denied";
      const isFirst = await store.write(async (transaction) => {
        if (!(await transaction.answerApproval(id, state, who.id))) return false;
        await transaction.audit(
          { kind: "approval.answered", actor: who.id, subject: approval.conversation, details: { id, state } },
          now(),
        );
        return true;
      });
      if (!isFirst) throw new AppError("conflict", explainRefusal("already-answered"));
      const answered: ApprovalRecord = { ...approval, state, answeredBy: who.id };
      deps.onAnswered(answered, formatOutcome(answered, who.name));
      return { text: isApproved ? "Approved." : "Denied. Nothing will be done." };
    },
    decision: (id) => store.cdc.decision(id),
    decisions: (filter) => store.cdc.decisions(filter),
    async correct(id, correction, who) {
      const decision = await store.cdc.decision(id);
      if (decision === undefined) throw notFound("decision", id);
      await store.write(async (transaction) => {
        await transaction.cdc.correctDecision(id, correction);
        await transaction.cdc.addEvent("decision", id, now());
        await transaction.audit(
          { kind: "decision.corrected", actor: who.id, subject: decision.conversation, details: { id, correction } },
          now(),
        );
      });
      const corrected = { ...decision, correction };
      deps.onCorrected?.(corrected, correction);
      return corrected;
    },
    events: (afterSeq, limit) => store.cdc.events(afterSeq, limit),
    lastEvent: () => store.cdc.lastEvent(),
  };
}

function notFound(what: string, id: string): AppError {
  return new AppError("not-found", `There is no ${what} ${id}.`, { hint: "The inbox lists those that wait." });
}
