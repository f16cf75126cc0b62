import type { FollowUpRecord, PromiseRecord, ThreadStatus } from "../../core/cdc.ts";
import type { ActionDecision } from "../decide-action.ts";
import { findDueMoment, findMoment, type ReadClock } from "./due-moment.ts";

/** A follow-up without its place: who plans it gives id, conversation and reference. */
export type PlannedFollowUp = Pick<FollowUpRecord, "kind" | "reason" | "dueAt">;

const minuteMs = 60_000;
const dayMs = 86_400_000;
const reminderDays = 3;
const morningMinutes = 9 * 60;
/** Before a promise with a time is due, there must be time left to keep it. */
const promiseLeadMs = 60 * minuteMs;

/** What of a message is looked at again later: mail that came in quiet hours, or too soon behind an answer. */
export function planFollowUp(decision: ActionDecision, now: number): PlannedFollowUp | undefined {
  if (decision.action !== "follow-up") return undefined;
  return {
    kind: "answer",
    reason: decision.reasons.join("; "),
    dueAt: now + Math.max(0, decision.inMinutes) * minuteMs,
  };
}

/**
 * A reminder, where one of us asked something and waits for the answer: after three days, in the owner's morning, but
 * never on a Saturday or Sunday.
 */
export function planReminder(
  thread: { readonly status: ThreadStatus; readonly reason: string },
  moment: { readonly now: number; readonly timeZone: string; readonly readClock: ReadClock },
): PlannedFollowUp | undefined {
  if (thread.status !== "awaiting-reply") return undefined;
  const { now, timeZone, readClock } = moment;
  let { today: day } = readClock(now, timeZone);
  day += reminderDays;
  // Of days since 1970, the remainders 2 and 3 are Saturday and Sunday.
  while (day % 7 === 2 || day % 7 === 3) day += 1;
  const date = new Date(day * dayMs).toISOString().slice(0, 10);
  return {
    kind: "reminder",
    reason: thread.reason,
    dueAt: findMoment(date, morningMinutes, timeZone, readClock) ?? now + reminderDays * dayMs,
  };
}

/**
 * A promise is brought up while there is time to keep it: on the morning of its day, or an hour before its time; one of
 * somebody else when it is over. One without a day is not.
 */
export function planPromise(
  promise: Pick<PromiseRecord, "madeBy" | "text" | "due">,
  moment: { readonly now: number; readonly timeZone: string; readonly readClock: ReadClock },
): PlannedFollowUp | undefined {
  if (promise.due === undefined) return undefined;
  const { now, timeZone, readClock } = moment;
  const overAt = findDueMoment(promise.due, timeZone, readClock);
  if (overAt === undefined) return undefined;
  const [date = "", time] = promise.due.split(" ");
  const morningAt = findMoment(date, morningMinutes, timeZone, readClock) ?? overAt;
  const remindAt = promise.madeBy === "other" ? overAt : time === undefined ? morningAt : overAt - promiseLeadMs;
  return { kind: "promise", reason: promise.text, dueAt: Math.max(now, remindAt) };
}
