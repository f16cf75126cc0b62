import type { Classify } from "../../cdc/classify.ts";
import { planReminder } from "../../cdc/follow-ups/plan-follow-up.ts";
import { withdrawsQuestion } from "../../cdc/thread-status.ts";
import type { DecisionRecord, FollowUpRecord, ThreadEvent } from "../../core/cdc.ts";
import { AppError } from "../../core/errors.ts";
import { createId } from "../../core/id.ts";
import type { Address } from "../../core/message.ts";
import { say } from "../../core/say.ts";
import type { InboxItem, StoreTransaction } from "../../core/store.ts";
import { preparePromises, type PromiseDeps, type Said } from "./promises.ts";
import { formatEscalation } from "./draft-card.ts";
import type { Judged } from "./judge.ts";
import { nextThread } from "./next-thread.ts";

const hourMs = 3_600_000;

/** What a turn does with mail that was judged. */
export type WatchPlan =
  | { readonly kind: "reply" }
  /** An answer is written and waits; `asksOwner`: they are asked at once. */
  | { readonly kind: "draft"; readonly asksOwner: boolean; readonly reason: string }
  | { readonly kind: "record" };

const order = ["reply", "ask-approval", "draft"] as const;

/** The strongest of what the mail of one turn asks for: it is answered as a whole. */
export function planTurn(judged: readonly Judged[]): WatchPlan {
  const strongest = order
    .map((action) => judged.find(({ decision }) => decision.action === action))
    .find((each) => each !== undefined);
  if (strongest === undefined) return { kind: "record" };
  if (strongest.decision.action === "reply") return { kind: "reply" };
  const asksOwner = strongest.decision.action === "ask-approval" || judged.some(({ decision }) => decision.tellsOwner);
  return { kind: "draft", asksOwner, reason: sentenceOf(strongest.record) };
}

function sentenceOf({ reasons }: DecisionRecord): string {
  const text = reasons.slice(0, 2).join("; ");
  return text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export interface WatchDeps extends PromiseDeps {
  readonly ownerPlace: () => Promise<Address | undefined>;
}

/**
 * Prepares what judged mail leaves in the store besides an answer: decisions, the thread's state, what is told to the
 * owner and what is looked at again later. The work belongs into the turn's last transaction.
 */
export async function prepareWatch(
  deps: WatchDeps,
  judged: readonly Judged[],
  plan: WatchPlan,
): Promise<(transaction: StoreTransaction) => Promise<void>> {
  const [first] = judged;
  if (first === undefined) return async () => undefined;
  const { now, ownerPlace } = deps;
  const { conversation } = first.item;
  const said = await Promise.all(
    judged.map(({ item: { message } }) =>
      preparePromises(deps, conversation, {
        by: "other",
        person: message.sender.name,
        text: message.kind === "message" ? message.text : "",
        hasFiles: message.attachments.length > 0,
        sentAt: message.sentAt,
      }),
    ),
  );
  // The card of a draft says it all.
  const isCarded = plan.kind === "draft" && plan.asksOwner;
  const told = isCarded ? [] : judged.filter(({ decision }) => decision.tellsOwner);
  const place = told.length === 0 ? undefined : await ownerPlace();
  const later = judged.flatMap(({ item, decision }) =>
    decision.action === "follow-up" ? [{ item, minutes: decision.inMinutes, reason: decision.reasons.join("; ") }] : [],
  );
  return async (transaction) => {
    const at = now();
    // Whoever approves a draft holds no lease: the thread is read as it stands now.
    let thread = await transaction.cdc.thread(conversation);
    const before = thread;
    if (plan.kind === "reply") await checkLimits(transaction, judged, at);
    const answered = judged.findLast(({ decision }) => countsAsAnswer(decision.action));
    for (const [index, each] of judged.entries()) {
      const { item, record, classification } = each;
      const isWithAnother = countsAsAnswer(record.action) && each !== answered;
      await transaction.cdc.addDecision(isWithAnother ? { ...record, isWithAnother } : record);
      if (record.action !== "ignore") await transaction.cdc.addEvent("decision", record.id, at);
      const { message } = item;
      if (message.kind !== "message") continue;
      const event: ThreadEvent = {
        by: "other",
        name: message.sender.name,
        at: message.sentAt,
        kind: classification.kind,
        asks: classification.asks && record.action !== "ignore",
        promises: said[index]?.promises === true,
        withdraws: withdrawsQuestion(message.text),
      };
      if (record.action !== "ignore") await said[index]?.save(transaction);
      thread = nextThread(conversation, thread, event, at);
    }
    if (thread !== undefined && thread !== before) await transaction.cdc.saveThread(thread);
    // Somebody wrote again: nobody has to be reminded that they did not. A machine is nobody.
    if (judged.some((each) => isByPerson(each))) await transaction.cdc.cancelFollowUps(conversation, ["reminder"]);
    if (place !== undefined) for (const { record } of told) await say(transaction, formatEscalation(record, place), at);
    if (later.length > 0) await transaction.cdc.addFollowUp(toFollowUp(conversation, later, at));
  };
}

/**
 * Many threads may be answered at the same moment, each of them within the limits when it was judged. The one that would
 * pass them is not sent, and judged anew.
 */
async function checkLimits(transaction: StoreTransaction, judged: readonly Judged[], at: number): Promise<void> {
  const [first] = judged;
  if (first === undefined) return;
  const { record, limits } = first;
  const { sender, thread, channel } = await transaction.cdc.countAnswers(record, at - hourMs);
  if (sender < limits.perSender && thread < limits.perThread && channel < limits.perChannel) return;
  throw new AppError("conflict", "So many answers went out at this moment that the limit is reached.", {
    retryAfterMs: 100,
  });
}

function countsAsAnswer(action: DecisionRecord["action"]): boolean {
  return action === "reply" || action === "draft" || action === "ask-approval";
}

function isByPerson({ item: { message }, classification: { kind } }: Judged): boolean {
  const isMachine = message.isAutomated === true || message.sender.isBot;
  return !isMachine && kind !== "automated" && kind !== "notification" && kind !== "spam";
}

function toFollowUp(
  conversation: string,
  later: readonly { readonly item: InboxItem; readonly minutes: number; readonly reason: string }[],
  at: number,
): FollowUpRecord {
  return {
    id: createId(at),
    conversation,
    kind: "answer",
    ref: JSON.stringify(later.map(({ item }) => item.seq)),
    reason: later[0]?.reason ?? "",
    state: "waiting",
    dueAt: at + Math.max(...later.map(({ minutes }) => minutes)) * 60_000,
    createdAt: at,
  };
}

/** Our own words as an event of their thread. */
function readOwn(
  classify: Classify,
  text: string,
  by: "owner" | "us",
  at: number,
  surroundings: Parameters<Classify>[1],
): ThreadEvent {
  const { asks, kind } = classify({ text }, surroundings);
  // Whatever it looks like, a person of ours wrote or approved it.
  const said = kind === "automated" || kind === "notification" || kind === "spam" ? "other" : kind;
  return { by, name: "", at, kind: said, asks, promises: false, withdraws: withdrawsQuestion(text) };
}

export interface AnsweredDeps extends PromiseDeps {
  readonly classify: Classify;
}

/**
 * What words of ours do to their thread, whether the owner wrote or approved them or we answered by ourselves: nothing
 * that waited for an answer goes on, what was promised is kept in mind, and an answer that does not come is asked for.
 * In order of time; what was written before a question does not answer it.
 */
export async function prepareAnswered(
  deps: AnsweredDeps,
  conversation: string,
  words: readonly Omit<Said, "by" | "person">[],
  by: "owner" | "us",
): Promise<(transaction: StoreTransaction) => Promise<void>> {
  const { classify, timeZone, readClock } = deps;
  const promised = await Promise.all(
    words.map((said) => preparePromises(deps, conversation, { ...said, by: "owner", person: "you" })),
  );
  return async (transaction) => {
    const now = deps.now();
    let thread = await transaction.cdc.thread(conversation);
    await transaction.cdc.cancelFollowUps(conversation, ["answer", "snooze", "reminder"]);
    for (const [index, { text, sentAt }] of words.entries()) {
      const event = readOwn(classify, text, by, sentAt, { now, timeZone });
      thread = nextThread(conversation, thread, { ...event, promises: promised[index]?.promises === true }, now);
      await promised[index]?.save(transaction);
    }
    if (thread === undefined) return;
    await transaction.cdc.saveThread(thread);
    const reminder = planReminder(thread, { now, timeZone, readClock });
    if (reminder !== undefined)
      await transaction.cdc.addFollowUp({
        id: createId(now),
        conversation,
        ref: conversation,
        state: "waiting",
        createdAt: now,
        ...reminder,
      });
    await transaction.cdc.addEvent("follow-up", conversation, now);
  };
}
