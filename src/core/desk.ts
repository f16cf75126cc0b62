import type {
  DecisionRecord,
  DeskEvent,
  DigestRecord,
  DraftState,
  FollowUpRecord,
  PromiseRecord,
  ThreadStatus,
} from "./cdc.ts";

/*
 * The owner's desk as a page shows it: what waits for the owner, and the ways to answer. Plain JSON; times are epoch
 * milliseconds. Whoever asks has signed in: here everybody is the owner.
 */

/** A draft as the owner reads it. Nothing in it says where files lie on the machine. */
export interface DraftView {
  readonly id: string;
  readonly conversation: string;
  readonly channel: string;
  /** Whose message it answers, and what they wrote; hidden characters are shown as their code points. */
  readonly senderId: string;
  readonly senderName: string;
  readonly question: string;
  readonly subject?: string;
  /** Exactly what would be sent. */
  readonly text: string;
  /** The same with its hidden characters visible, where it has any. */
  readonly shownText?: string;
  readonly files: readonly string[];
  /** Why it is not sent by itself. */
  readonly reason: string;
  readonly decisionId?: string;
  readonly state: DraftState;
  /** What was sent in the end, where it differs. */
  readonly sentText?: string;
  readonly answeredBy?: string;
  /** Nearness to the owner's manner, from 0 to 1. */
  readonly score?: number;
  readonly snoozedUntil: number;
  readonly expiresAt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A gated tool call that waits for a yes or no. */
export interface ApprovalView {
  readonly id: string;
  readonly conversation: string;
  readonly tool: string;
  /** CommonMark: exactly what will be done. */
  readonly question: string;
  readonly expiresAt: number;
  readonly createdAt: number;
}

/** A thread whose last word is not the owner's. */
export interface ThreadView {
  readonly conversation: string;
  readonly status: ThreadStatus;
  readonly reason: string;
  readonly theyWroteAt: number;
  /** What was decided about its newest message. */
  readonly latest?: DecisionRecord;
}

export type FollowUpView = Pick<FollowUpRecord, "id" | "conversation" | "kind" | "reason" | "dueAt">;

/** What is known of the owner's manner of writing. */
export interface DeskStyle {
  readonly status: "unknown" | "learning" | "ready";
  /** Of the owner's own, kept to learn from. */
  readonly messages: number;
  /** Mean nearness of the latest drafts, from 0 to 1; absent where none was measured. */
  readonly score?: number;
}

export interface DeskInbox {
  /** The newest event when this was read: whoever listens from here on misses nothing. */
  readonly seq: number;
  /** The oldest first. */
  readonly drafts: readonly DraftView[];
  readonly snoozed: readonly DraftView[];
  readonly approvals: readonly ApprovalView[];
  readonly threads: readonly ThreadView[];
  /** What the owner was told in the past day and stands in no other list; the newest first. */
  readonly told: readonly DecisionRecord[];
  readonly followUps: readonly FollowUpView[];
  readonly promises: readonly PromiseRecord[];
  /** The newest first. */
  readonly digests: readonly DigestRecord[];
  readonly style: DeskStyle;
}

export type DeskAnswer =
  /** `text` is what was shown: the draft is not sent when it says something else by now. */
  | { readonly kind: "approve"; readonly text?: string }
  | { readonly kind: "edit"; readonly text: string }
  | { readonly kind: "reject" }
  | { readonly kind: "snooze"; readonly until: number };

/** Who answers: a person id and a name. */
export interface DeskPerson {
  readonly id: string;
  readonly name: string;
}

/** What became of an answer, in words for whoever gave it. */
export interface DeskOutcome {
  readonly text: string;
}

export interface Desk {
  inbox(): Promise<DeskInbox>;
  draft(id: string): Promise<DraftView | undefined>;
  /** Throws AppError "not-found", "bad-input", or "conflict" when somebody else was first, or it has expired. */
  answerDraft(id: string, answer: DeskAnswer, who: DeskPerson): Promise<DeskOutcome & { readonly draft: DraftView }>;
  /** Throws as answerDraft does. */
  answerApproval(id: string, isApproved: boolean, who: DeskPerson): Promise<DeskOutcome>;
  decision(id: string): Promise<DecisionRecord | undefined>;
  /** The newest first. */
  decisions(filter: { readonly conversation?: string; readonly limit: number }): Promise<readonly DecisionRecord[]>;
  /** The owner says what a message did need. Throws AppError "not-found". */
  correct(id: string, correction: "asks" | "ignore", who: DeskPerson): Promise<DecisionRecord>;
  /** After `afterSeq`, the oldest first. */
  events(afterSeq: number, limit: number): Promise<readonly DeskEvent[]>;
  lastEvent(): Promise<number>;
}
