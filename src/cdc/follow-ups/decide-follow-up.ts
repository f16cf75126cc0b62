import type { DraftState, FollowUpRecord, PromiseRecord } from "../../core/cdc.ts";

/** What is known when a follow-up is looked at; all of it from the store. Times are 0 where nobody wrote. */
export interface FollowUpFacts {
  readonly theyWroteAt: number;
  readonly ownerWroteAt: number;
  readonly weWroteAt: number;
  /**
   * When what it is about was written: the mail to look at again, or our question. Answers count from here, by the
   * platform's clock, because one may reach us after the follow-up was planned. Absent: when it was planned.
   */
  readonly aboutAt?: number;
  /** Of a promise; undefined: it is gone. */
  readonly promiseState?: PromiseRecord["state"];
  /** Of a snoozed draft; undefined: it is gone. */
  readonly draftState?: DraftState;
}

export type FollowUpDecision =
  | { readonly action: "fire" }
  | { readonly action: "cancel"; readonly reason: string }
  | { readonly action: "wait"; readonly untilAt: number };

/**
 * What becomes of a follow-up now. Only one that waits and is due fires, so that one settled before a restart never
 * does so again; one that an answer made needless is cancelled as soon as it is looked at.
 */
export function decideFollowUp(followUp: FollowUpRecord, facts: FollowUpFacts, now: number): FollowUpDecision {
  if (followUp.state !== "waiting")
    return { action: "cancel", reason: followUp.state === "fired" ? "it was done before" : "it was cancelled before" };
  const reason = findNeedless(followUp, facts);
  if (reason !== undefined) return { action: "cancel", reason };
  return followUp.dueAt <= now ? { action: "fire" } : { action: "wait", untilAt: followUp.dueAt };
}

/** Why nobody needs it any more. */
function findNeedless({ kind, createdAt }: FollowUpRecord, facts: FollowUpFacts): string | undefined {
  const { aboutAt = createdAt, ownerWroteAt, weWroteAt, theyWroteAt, promiseState, draftState } = facts;
  // An answer in the thread is not yet what was promised: "thanks, I am on it" keeps no promise.
  if (kind === "promise")
    return promiseState === "open"
      ? undefined
      : promiseState === "kept"
        ? "the promise was kept"
        : "the promise was dropped";
  if (ownerWroteAt > aboutAt) return "you have answered";
  if (weWroteAt > aboutAt) return "I have answered";
  if (kind === "reminder" && theyWroteAt > aboutAt) return "they have answered";
  if (kind === "snooze" && draftState !== "pending") return "the draft does not wait any more";
  return undefined;
}
