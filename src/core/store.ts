import type { CdcStore, CdcTransaction } from "./cdc.ts";
import type { MemoryScopes, MemoryStore, NewMemory } from "./memory.ts";
import type { Address, InboundMessage, OutboundMessage, Person } from "./message.ts";
import type { ModelMessage } from "./model.ts";
import type { AuditEvent, DeadLetter, EgressRecord, PersonaOutcome, UsageRecord } from "./records.ts";
import type { WorkflowReads, WorkflowTransaction } from "./workflow-run.ts";

/*
 * The store as the rest of Parlance sees it: semantic operations, no SQL and no connection type. It is the truth;
 * everything else (queue, caches, indexes) can be thrown away and rebuilt from it. Times are epoch milliseconds.
 */

export interface InboxItem {
  /** Order of arrival within the whole store. */
  readonly seq: number;
  readonly conversation: string;
  readonly message: InboundMessage;
  readonly receivedAt: number;
}

/** A conversation taken by one process: only the holder of the latest fence may commit. */
export interface Lease {
  readonly conversation: string;
  readonly owner: string;
  readonly fence: number;
}

export interface ConversationState {
  readonly id: string;
  /** Counts up with /new: history before it is not shown to the model. */
  readonly session: number;
  readonly persona?: string;
  readonly model?: string;
  /** What earlier messages said, written by compaction; covers messages up to `summarySeq`. */
  readonly summary?: string;
  readonly summarySeq: number;
  /** Did text from outside go into the summary? */
  readonly isSummaryOutside: boolean;
  readonly title?: string;
  /** What /plan wrote, or a person made of it; waits for /plan go. */
  readonly plan?: string;
  /** The persona that was found to fit what was said last. */
  readonly foundPersona?: string;
  /** Are there turns to resume: interrupted ones, or ones whose approval was answered? */
  readonly hasOpenTurn: boolean;
  readonly hasPins: boolean;
  /** Failed attempts at the mail that lies there now. */
  readonly attempts: number;
  /** After a failed attempt: no other one before this time. 0: none failed. */
  readonly retryAt: number;
}

export interface StoredMessage {
  readonly seq: number;
  readonly turnId: string;
  readonly message: ModelMessage;
  readonly at: number;
  readonly isPinned: boolean;
}

export interface NewMessage {
  readonly conversation: string;
  readonly session: number;
  readonly turnId: string;
  readonly message: ModelMessage;
  /** Id for people's view: the inbound or outbound id. */
  readonly externalId: string;
  readonly senderName: string;
  /** What people saw, when it differs from the text parts of `message`. */
  readonly shown: OutboundMessage | InboundMessage | undefined;
  /** Is it shown to the model? Commands and cards are not. */
  readonly inContext: boolean;
  readonly at: number;
}

/** Life of a turn. "waiting" waits for a person's approval; "ready" got its answer and can be resumed. */
export type TurnState = "running" | "waiting" | "ready" | "done" | "failed" | "stopped";

export interface TurnRecord {
  readonly id: string;
  readonly conversation: string;
  readonly state: TurnState;
  /** The mail it answers. */
  readonly inbox: readonly InboxItem[];
  readonly isTainted: boolean;
  readonly persona: string;
  readonly startedAt: number;
}

/** One finished step of a turn, in order: what a resumed turn reads instead of doing it again. */
export interface StepRecord {
  readonly turnId: string;
  readonly index: number;
  readonly message: ModelMessage;
  /** Tool calls of this step that were begun (recorded before they ran), by call id. */
  readonly startedCalls: readonly string[];
}

/** "preview": a reply that is shown while it is written; its turn gives it its final text, or leaves it as it is. */
export type OutboxState = "preview" | "pending" | "sending" | "sent" | "uncertain" | "failed" | "dropped";

/** Who sends a row, and until when nobody else asks what became of it. */
export interface OutboxClaim {
  readonly owner: string;
  readonly until: number;
}

export interface OutboxItem {
  readonly seq: number;
  readonly message: OutboundMessage;
  readonly conversation: string;
  readonly state: OutboxState;
  readonly attempts: number;
  readonly parts: readonly string[];
  readonly hint?: string;
  /** The platform's id of the message that showed it while it was written: it is edited to the first part. */
  readonly previewId?: string;
  readonly nextAt: number;
  readonly error?: string;
}

export type Role = "owner" | "admin" | "member" | "guest" | "blocked";

export interface PersonRecord {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

export interface PairingRequest {
  readonly code: string;
  readonly person: Person;
  readonly address: Address;
  readonly expiresAt: number;
}

export type ApprovalState = "pending" | "approved" | "edited" | "denied" | "expired" | "undeliverable";

/** A question to a person about one gated tool call. */
export interface ApprovalRecord {
  readonly id: string;
  readonly conversation: string;
  readonly turnId: string;
  readonly callId: string;
  readonly tool: string;
  readonly input: unknown;
  /** CommonMark: exactly what will be done. */
  readonly question: string;
  readonly state: ApprovalState;
  readonly answeredBy?: string;
  readonly expiresAt: number;
  readonly createdAt: number;
}

/** What one transaction can do. All of it happens, or none. */
export interface StoreTransaction {
  /** False: this (channel, id) is known already; nothing was written. "done" is kept for recognition only. */
  addInbox(message: InboundMessage, conversation: string, state: "new" | "done"): Promise<boolean>;
  markInboxDone(seqs: readonly number[], turnId: string): Promise<void>;
  /** Makes the mail of a given-up turn unread again; resolves with its conversations. */
  reopenInbox(turnId: string): Promise<readonly string[]>;
  hasUnreadMail(conversation: string): Promise<boolean>;
  /** Throws AppError "lease-lost" when somebody else owns the conversation now: the whole transaction is undone. */
  checkFence(lease: Lease): Promise<void>;
  /** Like checkFence, and gives the conversation back in the same statement. */
  releaseLease(lease: Lease): Promise<void>;
  updateConversation(
    conversation: string,
    change: {
      readonly session?: number;
      readonly persona?: string | null;
      readonly model?: string | null;
      readonly summary?: string | null;
      readonly summarySeq?: number;
      readonly isSummaryOutside?: boolean;
      readonly title?: string;
      readonly plan?: string | null;
      readonly foundPersona?: string | null;
      readonly hasOpenTurn?: boolean;
      readonly attempts?: number;
      readonly retryAt?: number;
    },
  ): Promise<void>;
  addMessages(messages: readonly NewMessage[]): Promise<void>;
  /** Changes what was said by its external id, if `by` said it, or we did when absent; "gone" deletes what others said. Unknown ids are no error. */
  reviseMessage(
    conversation: string,
    externalId: string,
    change: { readonly text: string; readonly by?: string } | "gone",
  ): Promise<void>;
  pinMessage(conversation: string, seq: number, isPinned: boolean): Promise<void>;
  saveTurn(turn: TurnRecord): Promise<void>;
  /** Also clears the conversation's open-turn mark when no other turn is open. */
  setTurnState(turnId: string, state: TurnState): Promise<void>;
  /** The same index replaces: a step is written when its calls begin and again when they are done. */
  saveStep(step: StepRecord): Promise<void>;
  /**
   * Adds rows to be sent. With a claim they are taken for sending by that owner in the same statement, unless an
   * earlier row of the conversation is still open: then they wait their turn. True when they were taken. A row that is
   * a preview of the same id becomes the message.
   */
  addOutbox(messages: readonly OutboundMessage[], conversation: string, claim?: OutboxClaim): Promise<boolean>;
  updateOutbox(
    id: string,
    change: {
      readonly state?: OutboxState;
      readonly attempts?: number;
      readonly parts?: readonly string[];
      readonly hint?: string | null;
      readonly nextAt?: number;
      readonly owner?: string | null;
      readonly ownedUntil?: number;
      readonly error?: string | null;
    },
  ): Promise<void>;
  /**
   * Makes the row of a reply that is about to be shown while it is written, with what `reconcileHint` says of it. False,
   * with nothing written, when an earlier message of the conversation is not out yet or the row is there already.
   */
  addPreview(message: OutboundMessage, conversation: string, hint: string | undefined): Promise<boolean>;
  /** Notes where a preview is shown. */
  savePreview(id: string, platformId: string): Promise<void>;
  /** The conversation's previews stay as they are shown: their turn ended without that reply. */
  settlePreviews(conversation: string): Promise<void>;
  /** Settles a row as sent. */
  markSent(id: string, parts: readonly string[]): Promise<void>;
  savePerson(person: PersonRecord): Promise<void>;
  /** False: this person has 3 requests pending already. */
  addPairing(request: PairingRequest, now: number): Promise<boolean>;
  /** Takes the code out of the pending ones; undefined when it is unknown, used or expired. */
  takePairing(code: string, now: number): Promise<PairingRequest | undefined>;
  addApproval(approval: ApprovalRecord): Promise<void>;
  /** Answers once: false when it was not pending any more. Marks its turn ready and its conversation open. */
  answerApproval(id: string, state: Exclude<ApprovalState, "pending">, by: string): Promise<boolean>;
  addDeadLetter(letter: Omit<DeadLetter, "state">): Promise<void>;
  setDeadLetter(id: string, state: DeadLetter["state"]): Promise<void>;
  addUsage(usage: UsageRecord, at: number): Promise<void>;
  addEgress(record: EgressRecord, at: number): Promise<void>;
  addOutcome(outcome: PersonaOutcome): Promise<void>;
  setChannelState(channel: string, key: string, value: string): Promise<void>;
  /** Adds records, or replaces those of the same ids; ids differ within one call. */
  putMemories(records: readonly NewMemory[]): Promise<void>;
  /** Takes the text away at once, and leaves the id for indexes to hear of it. Resolves with those that were there. */
  forgetMemories(ids: readonly string[], scopes: MemoryScopes): Promise<readonly string[]>;
  /** False: there is no such record within the scopes. */
  pinMemory(id: string, isPinned: boolean, scopes: MemoryScopes): Promise<boolean>;
  /** What the watching of channels writes down. */
  readonly cdc: CdcTransaction;
  /** Runs of workflows. */
  readonly workflows: WorkflowTransaction;
  /** Appends to this process's hash chain. */
  audit(event: AuditEvent, at: number): Promise<void>;
}

/** How long rows are kept, in days. The inbox must outlive every platform's redelivery. */
export interface KeepDays {
  readonly inboxDays: number;
  readonly journalDays: number;
  readonly outboxDays: number;
}

export interface Store {
  readonly memories: MemoryStore;
  readonly cdc: CdcStore;
  readonly workflows: WorkflowReads;

  /**
   * Runs the work in a transaction and resolves after it is durably committed. Work of the same moment may share one
   * commit (group commit); a work that throws is undone alone. The work must only touch the transaction it is given.
   */
  write<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T>;

  /**
   * Takes the conversation if nobody holds a live lease; creates it on first use. Undefined: somebody else has it.
   */
  takeLease(
    conversation: string,
    owner: string,
    now: number,
    ttlMs: number,
  ): Promise<{ readonly lease: Lease; readonly state: ConversationState } | undefined>;
  /**
   * Renews this owner's leases on these conversations; resolves with what is still held, and whether /stop was asked
   * for it since the last time. A lease that is not named runs out.
   */
  renewLeases(
    owner: string,
    conversations: readonly string[],
    now: number,
    ttlMs: number,
  ): Promise<readonly { readonly conversation: string; readonly fence: number; readonly stopRequested: boolean }[]>;
  /** Asks the process that runs the conversation to stop its turn. */
  requestStop(conversation: string): Promise<void>;
  conversation(id: string): Promise<ConversationState | undefined>;

  /** Unread mail of a conversation in order of arrival. */
  unreadMail(conversation: string, limit: number): Promise<readonly InboxItem[]>;
  /** Conversations with mail older than `olderThan`, or open turns, that nobody holds and whose retry is due: what the sweeper rings for. */
  forgottenConversations(now: number, olderThan: number, limit: number): Promise<readonly string[]>;
  /** The latest messages shown to the model after `afterSeq`, oldest first; with `hasPins`, older pinned ones before them. */
  history(
    conversation: string,
    options: { readonly session: number; readonly afterSeq: number; readonly limit: number; readonly hasPins: boolean },
  ): Promise<readonly StoredMessage[]>;
  /** The first message of the session: what it is about. */
  firstMessage(conversation: string, session: number): Promise<StoredMessage | undefined>;
  /** Full-text search over what was said in one conversation. */
  searchMessages(
    conversation: string,
    words: string,
    limit: number,
  ): Promise<readonly { readonly at: number; readonly senderName: string; readonly text: string }[]>;

  /** Turns to resume ("running" left behind, or "ready"), oldest first, with their finished steps. */
  openTurns(
    conversation: string,
  ): Promise<readonly { readonly turn: TurnRecord; readonly steps: readonly StepRecord[] }[]>;
  approvalsOfTurn(turnId: string): Promise<readonly ApprovalRecord[]>;
  approval(id: string): Promise<ApprovalRecord | undefined>;
  pendingApprovals(limit: number): Promise<readonly ApprovalRecord[]>;

  /** Due outbox rows of a channel, in order, at most one per chat: the first that is not sent, unless it is held by another live process or uncertain. */
  dueOutbox(channel: string, now: number, limit: number): Promise<readonly OutboxItem[]>;
  outboxItem(id: string): Promise<OutboxItem | undefined>;
  /** Takes a row for sending: false when another process has it, it is settled, or an earlier one for its chat is not. */
  claimOutbox(id: string, owner: string, now: number, ttlMs: number, hint: string | undefined): Promise<boolean>;
  /** Is the row still claimed by this owner, its time over or not? */
  holdsOutbox(id: string, owner: string): Promise<boolean>;
  /** Extends this owner's claims on these rows. A claim that is not named runs out. */
  renewOutbox(owner: string, ids: readonly string[], until: number): Promise<void>;
  uncertainOutbox(limit: number): Promise<readonly OutboxItem[]>;

  person(id: string): Promise<PersonRecord | undefined>;
  pendingPairings(now: number): Promise<readonly PairingRequest[]>;
  deadLetters(limit: number): Promise<readonly DeadLetter[]>;
  deadLetter(id: string): Promise<DeadLetter | undefined>;
  channelState(channel: string, key: string): Promise<string | undefined>;
  usageSince(at: number): Promise<readonly UsageRecord[]>;
  /** Judgements about a persona after `at`, the newest first. */
  outcomesSince(persona: string, at: number, limit: number): Promise<readonly PersonaOutcome[]>;

  /** A named lease, such as the right to hold a channel's connection. True while this owner has it. */
  takeNamedLease(name: string, owner: string, now: number, ttlMs: number): Promise<boolean>;
  releaseNamedLeases(owner: string): Promise<void>;
  /** Owners that hold anything now: conversations, outbox rows, named leases. */
  owners(): Promise<readonly string[]>;
  /** Ends every lease of an owner that is known to be dead, so that nobody waits for their time to run out. */
  releaseOwner(owner: string): Promise<void>;

  /** Deletes what has outlived its time: inbox rows past redelivery, journals of finished turns, sent outbox rows. */
  prune(now: number, keep: KeepDays): Promise<void>;
  /** One cheap query; throws when the database does not answer. */
  check(): Promise<void>;
  /** Waits for open writes. Idempotent. */
  close(): Promise<void>;
}
