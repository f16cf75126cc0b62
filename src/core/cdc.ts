import type { OutboundMessage } from "./message.ts";
import type { Observation } from "./style.ts";

/*
 * What the watching of channels leaves behind: decisions, drafts, follow-ups, promises, digests. Plain JSON; times are
 * epoch milliseconds.
 */

/** What became of one message that came in. */
export type DecidedAction = "reply" | "draft" | "ask-approval" | "escalate" | "follow-up" | "digest" | "ignore";

/** Why one message was answered, drafted for, told or left alone: a row, shown to whoever asks. */
export interface DecisionRecord {
  /** Short, for people: `/why 3f9a2c`. */
  readonly id: string;
  readonly conversation: string;
  readonly channel: string;
  /** The message's id on its platform. */
  readonly messageId: string;
  readonly senderId: string;
  readonly senderName: string;
  /** Its beginning. */
  readonly excerpt: string;
  readonly subject?: string;
  readonly kind: string;
  readonly asks: boolean;
  readonly priority: "low" | "normal" | "high" | "urgent";
  /** "2026-03-06" or "2026-03-06 12:00", where a time was set. */
  readonly deadline?: string;
  readonly confidence: number;
  readonly action: DecidedAction;
  readonly tellsOwner: boolean;
  readonly reasons: readonly string[];
  /** It was answered together with another message, and does not count as an answer of its own. */
  readonly isWithAnother?: true;
  /** What the owner said of it afterwards. */
  readonly correction?: "asks" | "ignore";
  readonly at: number;
}

/** Where a thread stands, as its mail and answers left it. */
export type ThreadStatus = "to-reply" | "awaiting-reply" | "done" | "fyi";

export interface ThreadRecord {
  readonly conversation: string;
  readonly status: ThreadStatus;
  readonly reason: string;
  /** When each of them wrote last; 0: never. */
  readonly theyWroteAt: number;
  readonly ownerWroteAt: number;
  readonly weWroteAt: number;
  /** Answers that went out in a row with no person of ours in between. */
  readonly exchanges: number;
  /** The newest few things written in it: what the status is decided by. */
  readonly events: readonly ThreadEvent[];
  /** Not shown to the owner before this; 0: at once. */
  readonly snoozedUntil: number;
  readonly updatedAt: number;
}

/** Something written in a thread, with what was understood of it. */
export interface ThreadEvent {
  readonly by: "owner" | "us" | "other";
  readonly name: string;
  readonly at: number;
  readonly kind: string;
  /** Of others: does it ask something of us? Of ours: does it ask something of them? */
  readonly asks: boolean;
  readonly promises: boolean;
  readonly withdraws: boolean;
}

/** Life of a draft. "approved" and "edited" are on their way; they end as "sent" or "undeliverable". */
export type DraftState =
  | "pending"
  | "approved"
  | "edited"
  | "denied"
  | "expired"
  | "sent"
  | "undeliverable"
  /** The owner answered in another way before it was looked at. */
  | "overtaken";

/** An answer in the owner's name that waits for the owner. */
export interface DraftRecord {
  /** Short, for people: `/approve 3f9a2c`. */
  readonly id: string;
  readonly conversation: string;
  readonly turnId: string;
  /** What would be sent, and where; its id is the idempotency key of the sending. */
  readonly message: OutboundMessage;
  /** The message it answers. */
  readonly question: { readonly senderId: string; readonly senderName: string; readonly text: string };
  /** Why it is not sent by itself. */
  readonly reason: string;
  readonly state: DraftState;
  /** What was sent in the end, where it differs. */
  readonly sentText?: string;
  /** Person id, or "mail" where the owner sent it with their own mail program. */
  readonly answeredBy?: string;
  /** How near its manner is to the owner's, from 0 to 1; absent where no manner is known. */
  readonly score?: number;
  readonly snoozedUntil: number;
  readonly expiresAt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Something that happens later unless an answer comes before. */
export interface FollowUpRecord {
  readonly id: string;
  readonly conversation: string;
  /**
   * "answer": mail is looked at again, as after quiet hours. "reminder": nobody answered what we asked. "promise": it
   * is due. "snooze": the owner wanted to see it again.
   */
  readonly kind: "answer" | "reminder" | "promise" | "snooze";
  /** The mail to look at again, the promise, or the draft. */
  readonly ref: string;
  readonly reason: string;
  readonly state: "waiting" | "fired" | "cancelled";
  readonly dueAt: number;
  readonly createdAt: number;
}

export interface PromiseRecord {
  readonly id: string;
  readonly conversation: string;
  readonly madeBy: "owner" | "other";
  readonly person: string;
  readonly text: string;
  /** "2026-03-06" or "2026-03-06 12:00" in the owner's time zone. */
  readonly due?: string;
  readonly state: "open" | "kept" | "dropped";
  readonly at: number;
}

/** What the owner taught by correcting us: a rule of judgement, or one of style. Both can be taken back. */
export interface LearnedRule {
  readonly id: string;
  readonly about: "judgement" | "style";
  /** Plain JSON; what it means is known to those who apply it. */
  readonly rule: unknown;
  /** In plain words. */
  readonly says: string;
  /** The decision or draft it was learned from. */
  readonly madeFrom: string;
  readonly at: number;
}

/** One digest of one slot: written once. */
export interface DigestRecord {
  readonly id: string;
  readonly name: string;
  readonly slotAt: number;
  readonly text: string;
  readonly entries: number;
  readonly at: number;
}

export const deskEventKinds = [
  "decision",
  "draft",
  "follow-up",
  "promise",
  "digest",
  "approval",
  "rule",
  "style",
  "run",
] as const;

/** Something that the page shows changed, or that starts a workflow: what it is about, not what it says. */
export interface DeskEvent {
  readonly seq: number;
  readonly kind: (typeof deskEventKinds)[number];
  readonly ref: string;
  readonly at: number;
}

/** A message of the owner's own: its words are kept for a while, what it shows of their manner for longer. */
export interface OwnMessageRow {
  readonly source: string;
  readonly channel?: string;
  readonly to?: string;
  /** Empty once its time is over. */
  readonly text: string;
  readonly at: number;
  readonly observation: Observation;
}

/** Part of StoreTransaction. */
export interface CdcTransaction {
  /** A message decided upon anew replaces what was decided before. */
  addDecision(decision: DecisionRecord): Promise<void>;
  /** As the store's, but no other answer on that channel is counted beside it until the end of the transaction. */
  countAnswers: CdcStore["countAnswers"];
  correctDecision(id: string, correction: "asks" | "ignore"): Promise<void>;
  /** As it stands in this transaction: nobody else changes it before its end. */
  thread(conversation: string): Promise<ThreadRecord | undefined>;
  saveThread(thread: ThreadRecord): Promise<void>;
  /** False: the conversation has a draft that waits already, or this one is known; nothing was written. */
  addDraft(draft: DraftRecord): Promise<boolean>;
  /** False when it was not pending any more. */
  answerDraft(
    id: string,
    change: {
      readonly state: Exclude<DraftState, "pending">;
      readonly by: string;
      readonly message?: OutboundMessage;
      readonly sentText?: string;
    },
    at: number,
  ): Promise<boolean>;
  /** Changes the text of a draft that waits. False when it is not pending any more. */
  reviseDraft(id: string, message: OutboundMessage, at: number): Promise<boolean>;
  /** It lasts at least a day longer than it is out of sight. */
  snoozeDraft(id: string, until: number, at: number): Promise<boolean>;
  /** What became of an approved draft's message. */
  settleDraft(outboundId: string, state: "sent" | "undeliverable", at: number): Promise<void>;
  addFollowUp(followUp: FollowUpRecord): Promise<void>;
  /** False when it was not waiting any more. */
  settleFollowUp(id: string, state: "fired" | "cancelled"): Promise<boolean>;
  /** Cancels what waits in a conversation; resolves with how many. */
  cancelFollowUps(conversation: string, kinds: readonly FollowUpRecord["kind"][]): Promise<number>;
  /** Settles as fired what waits to look at mail again, and was planned after `since`; resolves with that mail. */
  takeWaitingMail(conversation: string, since: number): Promise<readonly number[]>;
  /** Makes mail unread again, so that it is decided upon once more. */
  reopenMail(seqs: readonly number[]): Promise<void>;
  addPromise(promise: PromiseRecord): Promise<void>;
  settlePromise(id: string, state: "kept" | "dropped"): Promise<boolean>;
  addRule(rule: LearnedRule): Promise<void>;
  removeRule(id: string): Promise<boolean>;
  /**
   * Writes the digest of a slot with the decisions that it tells of. False, with nothing written, when the slot has
   * one already.
   */
  addDigest(digest: DigestRecord, decisionIds: readonly string[]): Promise<boolean>;
  /** Their words are taken away at `expiresAt`. */
  addOwnMessages(messages: readonly OwnMessageRow[], expiresAt: number): Promise<void>;
  /** Forgets the owner's messages, of one source or all. */
  forgetOwnMessages(source?: string): Promise<number>;
  /** A small durable fact, such as the profile of style; undefined takes it away. */
  setFact(key: string, value: unknown): Promise<void>;
  /** As it stands in this transaction. */
  fact(key: string): Promise<unknown>;
  /** For the page: it asks for what changed since it looked. */
  addEvent(kind: DeskEvent["kind"], ref: string, at: number): Promise<void>;
}

/** Part of Store. */
export interface CdcStore {
  decision(id: string): Promise<DecisionRecord | undefined>;
  decisionOf(channel: string, messageId: string): Promise<DecisionRecord | undefined>;
  /** The newest first. */
  decisions(filter: {
    readonly conversation?: string;
    /** Only what was told, drafted or asked. */
    readonly needsOwner?: boolean;
    readonly since?: number;
    readonly limit: number;
  }): Promise<readonly DecisionRecord[]>;
  /** Answers and drafts since `at`, by whom, where, and in the whole channel. */
  countAnswers(
    of: { readonly senderId: string; readonly conversation: string; readonly channel: string },
    since: number,
  ): Promise<{
    readonly sender: number;
    readonly thread: number;
    readonly channel: number;
    /** 0: none. */
    readonly newestAt: number;
  }>;
  thread(conversation: string): Promise<ThreadRecord | undefined>;
  /** Threads of one status, the longest waiting first. */
  threads(status: ThreadStatus, limit: number): Promise<readonly ThreadRecord[]>;
  draft(id: string): Promise<DraftRecord | undefined>;
  openDraft(conversation: string): Promise<DraftRecord | undefined>;
  /** The oldest first; snoozed ones left out unless asked for. */
  pendingDrafts(now: number, limit: number, withSnoozed?: boolean): Promise<readonly DraftRecord[]>;
  /** Whatever their state, the newest first. */
  recentDrafts(since: number, limit: number): Promise<readonly DraftRecord[]>;
  expiredDrafts(now: number, limit: number): Promise<readonly DraftRecord[]>;
  dueFollowUps(now: number, limit: number): Promise<readonly FollowUpRecord[]>;
  waitingFollowUps(limit: number, conversation?: string): Promise<readonly FollowUpRecord[]>;
  openPromises(limit: number, conversation?: string): Promise<readonly PromiseRecord[]>;
  rules(about: LearnedRule["about"]): Promise<readonly LearnedRule[]>;
  /** Decisions after `since` that no digest of this name tells of, the oldest first. */
  undigested(name: string, since: number, limit: number): Promise<readonly DecisionRecord[]>;
  lastDigest(name: string): Promise<DigestRecord | undefined>;
  digests(limit: number): Promise<readonly DigestRecord[]>;
  /** The newest, oldest first; with `withText`, only those whose words are there still. */
  ownMessages(limit: number, withText?: boolean): Promise<readonly OwnMessageRow[]>;
  countOwnMessages(): Promise<
    readonly { readonly source: string; readonly count: number; readonly newestAt: number }[]
  >;
  fact(key: string): Promise<unknown>;
  /** Names of those who spoke in a conversation of late. */
  speakers(conversation: string): Promise<readonly string[]>;
  /** After `seq`, the oldest first. */
  events(seq: number, limit: number): Promise<readonly DeskEvent[]>;
  lastEvent(): Promise<number>;
}
