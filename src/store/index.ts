import type { Transcript } from "../core/channel.ts";
import type { Database, SqlTransaction } from "../core/database.ts";
import type { Attachment, PlacedMessage } from "../core/message.ts";
import type { AuditEvent } from "../core/records.ts";
import type { InboxItem, PersonRecord, Store, StoreTransaction } from "../core/store.ts";
import { createApprovalTable } from "./approvals.ts";
import { createAttachmentQuery } from "./attachments.ts";
import { createCdcTables } from "./cdc/index.ts";
import { createAuditTable, verifyAudit, type AuditVerdict } from "./audit.ts";
import { createConversationTable } from "./conversations.ts";
import { createInboxTable } from "./inbox.ts";
import { createMemoryTable } from "./memories.ts";
import { createMemoryLifecycle } from "./memory-lifecycle.ts";
import { createMessageTable, createTranscript } from "./messages.ts";
import { migrate } from "./migrate.ts";
import { createOutboxTable } from "./outbox.ts";
import { createOutcomeTable } from "./outcomes.ts";
import { createPeopleTable } from "./people.ts";
import { createPlacedQuery } from "./placed-messages.ts";
import { openPostgresDatabase } from "./postgres-database.ts";
import { prune } from "./prune.ts";
import { createQueryBuilder } from "./query.ts";
import { createReceivedQuery } from "./received-messages.ts";
import { createRecordTables, createStateTables } from "./records.ts";
import { openSqliteDatabase } from "./sqlite-database.ts";
import { createTurnTable } from "./turns.ts";
import { createWorkflowTables } from "./workflow-runs.ts";

/** A store and what only its owner needs of it: the database for the embedded queue, transcripts, the audit's check. */
export interface OpenStore extends Store {
  readonly database: Database;
  transcript(channel: string): Transcript;
  /** What came in on all channels since then, the newest `limit` of it, oldest first. */
  receivedMessages(since: number, limit: number): Promise<readonly InboxItem[]>;
  /** Files that came with messages of a conversation, the latest first. */
  attachments(conversation: string): Promise<readonly Attachment[]>;
  /** Messages of a conversation that its platform knows, the latest first, without commands and questions. */
  recentMessages(conversation: string, limit: number): Promise<readonly PlacedMessage[]>;
  /** People whose name or id holds all of these words, by name. */
  searchPeople(words: string, limit: number): Promise<readonly PersonRecord[]>;
  verifyAudit(): Promise<AuditVerdict>;
}

/** Opens the database by its place: a PostgreSQL URL, or the path of a SQLite file. */
export function openDatabase(place: string): Promise<Database> {
  return /^postgres(ql)?:/.test(place) ? openPostgresDatabase(place) : Promise.resolve(openSqliteDatabase(place));
}

/** Opens the store over a database, bringing its schema up to date. Throws AppError "store-failed". */
export async function createStore(
  database: Database,
  { now = Date.now }: { readonly now?: () => number } = {},
): Promise<OpenStore> {
  const build = createQueryBuilder(database.dialect);
  await migrate(database, build, now());
  const inbox = createInboxTable(build, database);
  const conversations = createConversationTable(build, database);
  const messages = createMessageTable(build, database);
  const turns = createTurnTable(build, database, inbox.bySeqs);
  const outbox = createOutboxTable(build, database);
  const people = createPeopleTable(build, database);
  const approvals = createApprovalTable(build, database);
  const records = createRecordTables(build, database);
  const states = createStateTables(build, database);
  const outcomes = createOutcomeTable(build, database);
  const cdc = createCdcTables(build, database);
  const workflows = createWorkflowTables(build, database);
  const audit = createAuditTable(build, now);
  const memories = createMemoryTable(build, database);
  const lifecycle = createMemoryLifecycle(build, database, memories);

  function createTransaction(sql: SqlTransaction, events: Array<{ event: AuditEvent; at: number }>): StoreTransaction {
    return {
      addInbox: (message, conversation, state) => inbox.add(sql, message, conversation, state, now()),
      markInboxDone: (seqs, turnId) => inbox.markDone(sql, seqs, turnId),
      reopenInbox: (turnId) => inbox.reopen(sql, turnId),
      hasUnreadMail: (conversation) => inbox.hasUnread(sql, conversation),
      checkFence: (lease) => conversations.checkFence(sql, lease, now()),
      releaseLease: (lease) => conversations.release(sql, lease),
      updateConversation: (conversation, change) => conversations.update(sql, conversation, change),
      addMessages: (added) => messages.add(sql, added),
      reviseMessage: async (conversation, externalId, change) => {
        await messages.revise(sql, conversation, externalId, change);
        await lifecycle.followRevision(sql, conversation, externalId, change === "gone", now());
      },
      pinMessage: async (conversation, seq, isPinned) => {
        await messages.pin(sql, conversation, seq, isPinned);
        if (isPinned) await conversations.markPins(sql, conversation);
      },
      saveTurn: (turn) => turns.save(sql, turn),
      setTurnState: (turnId, state) => turns.setState(sql, turnId, state),
      saveStep: (step) => turns.saveStep(sql, step),
      addOutbox: (added, conversation, claim) => outbox.add(sql, added, conversation, claim, now()),
      addPreview: (message, conversation, hint) => outbox.addPreview(sql, message, conversation, hint, now()),
      savePreview: (id, platformId) => outbox.savePreview(sql, id, platformId),
      settlePreviews: (conversation) => outbox.settlePreviews(sql, conversation),
      updateOutbox: (id, change) => outbox.update(sql, id, change),
      markSent: (id, parts) => outbox.markSent(sql, id, parts),
      savePerson: (person) => people.save(sql, person),
      addPairing: (request, at) => people.addPairing(sql, request, at),
      takePairing: (code, at) => people.takePairing(sql, code, at),
      addApproval: async (approval) => {
        await approvals.add(sql, approval);
        await cdc.inTransaction(sql).addEvent("approval", approval.id, now());
      },
      answerApproval: async (id, state, by) => {
        const isFirst = await approvals.answer(sql, id, state, by);
        if (isFirst) await cdc.inTransaction(sql).addEvent("approval", id, now());
        return isFirst;
      },
      addDeadLetter: (letter) => records.addDeadLetter(sql, letter),
      setDeadLetter: (id, state) => records.setDeadLetter(sql, id, state),
      addUsage: (usage, at) => records.addUsage(sql, usage, at),
      addEgress: (record, at) => records.addEgress(sql, record, at),
      addOutcome: (outcome) => outcomes.add(sql, outcome),
      setChannelState: (channel, key, value) => states.setChannelState(sql, channel, key, value),
      putMemories: (added) => memories.put(sql, added),
      forgetMemories: (ids, scopes) => memories.forget(sql, ids, scopes, now()),
      pinMemory: (id, isPinned, scopes) => memories.pin(sql, id, isPinned, scopes),
      get cdc() {
        return cdc.inTransaction(sql);
      },
      get workflows() {
        return workflows.inTransaction(sql);
      },
      audit: async (event, at) => void events.push({ event, at }),
    };
  }

  async function write<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    let auditedSlot: number | undefined;
    try {
      return await database.write(async (sql) => {
        const events: Array<{ event: AuditEvent; at: number }> = [];
        const value = await work(createTransaction(sql, events));
        if (events.length > 0) auditedSlot = sql.slot;
        await audit.append(sql, events);
        return value;
      });
    } catch (error) {
      if (auditedSlot !== undefined) audit.forget(auditedSlot);
      throw error;
    }
  }

  return {
    database,
    write,
    memories: { ...memories, ...lifecycle },
    cdc: cdc.reads,
    workflows: workflows.reads,
    takeLease: conversations.takeLease,
    renewLeases: conversations.renew,
    requestStop: conversations.requestStop,
    conversation: conversations.load,
    unreadMail: inbox.unread,
    forgottenConversations: async (at, olderThan, limit) => {
      const found = [
        ...(await inbox.forgotten(at, olderThan, limit)),
        ...(await conversations.withOpenTurns(at, limit)),
      ];
      return [...new Set(found)].slice(0, limit);
    },
    history: messages.history,
    firstMessage: messages.first,
    searchMessages: messages.search,
    openTurns: turns.open,
    approvalsOfTurn: approvals.ofTurn,
    approval: approvals.load,
    pendingApprovals: approvals.pending,
    dueOutbox: outbox.due,
    outboxItem: outbox.load,
    claimOutbox: outbox.claim,
    holdsOutbox: outbox.holds,
    renewOutbox: outbox.renew,
    uncertainOutbox: outbox.uncertain,
    person: people.load,
    pendingPairings: people.pendingPairings,
    deadLetters: records.deadLetters,
    deadLetter: records.deadLetter,
    channelState: states.channelState,
    usageSince: records.usageSince,
    outcomesSince: outcomes.since,
    takeNamedLease: states.takeNamedLease,
    releaseNamedLeases: states.releaseNamedLeases,
    owners: states.owners,
    releaseOwner: states.releaseOwner,
    prune: (at, keep) => prune(build, database, at, keep),
    check: async () => void (await database.read({ sql: "select 1", parameters: [] })),
    transcript: (channel) => createTranscript(build, database, channel),
    attachments: createAttachmentQuery(build, database),
    receivedMessages: createReceivedQuery(build, database),
    recentMessages: createPlacedQuery(build, database),
    searchPeople: people.search,
    verifyAudit: () => verifyAudit(build, database),
    close: () => database.close(),
  };
}
