import type { CdcStore, CdcTransaction } from "../../core/cdc.ts";
import type { Database, SqlTransaction } from "../../core/database.ts";
import type { QueryBuilder } from "../query.ts";
import { createDecisionTable } from "./decisions.ts";
import { createDigestTable } from "./digests.ts";
import { createDraftTable } from "./drafts.ts";
import { createFollowUpTable } from "./follow-ups.ts";
import { createOwnerTables } from "./owner-rows.ts";
import { createThreadTable } from "./threads.ts";

/** What the watching of channels leaves behind, and its part in a transaction. */
export function createCdcTables(build: QueryBuilder, database: Database) {
  const decisions = createDecisionTable(build, database);
  const threads = createThreadTable(build, database);
  const drafts = createDraftTable(build, database);
  const followUps = createFollowUpTable(build, database);
  const digests = createDigestTable(build, database);
  const owner = createOwnerTables(build, database);

  const reads: CdcStore = {
    decision: decisions.load,
    decisionOf: decisions.ofMessage,
    decisions: decisions.list,
    countAnswers: decisions.countAnswers,
    undigested: decisions.undigested,
    thread: threads.load,
    threads: threads.ofStatus,
    draft: drafts.load,
    openDraft: drafts.open,
    pendingDrafts: drafts.pending,
    recentDrafts: drafts.recent,
    expiredDrafts: drafts.expired,
    dueFollowUps: followUps.due,
    waitingFollowUps: followUps.waiting,
    openPromises: followUps.openPromises,
    rules: owner.rules,
    lastDigest: digests.last,
    digests: digests.list,
    ownMessages: owner.messages,
    countOwnMessages: owner.countMessages,
    fact: owner.fact,
    speakers: async (conversation) => {
      const recent = build
        .selectFrom("message")
        .select("sender_name")
        .where("conversation", "=", conversation)
        .where("role", "=", "user")
        .orderBy("seq", "desc")
        .limit(100)
        .as("recent");
      const rows = await database.read<{ sender_name: string }>(
        build.selectFrom(recent).select("sender_name").distinct().compile(),
      );
      return rows.map(({ sender_name }) => sender_name).filter((name) => name !== "");
    },
    events: owner.events,
    lastEvent: owner.lastEvent,
  };

  function inTransaction(sql: SqlTransaction): CdcTransaction {
    return {
      addDecision: (decision) => decisions.add(sql, decision),
      countAnswers: (of, since) => decisions.countAnswersLocked(sql, of, since),
      correctDecision: (id, correction) => decisions.correct(sql, id, correction),
      thread: (conversation) => threads.loadLocked(sql, conversation),
      saveThread: (thread) => threads.save(sql, thread),
      addDraft: (draft) => drafts.add(sql, draft),
      answerDraft: (id, change, at) => drafts.answer(sql, id, change, at),
      reviseDraft: (id, message, at) => drafts.revise(sql, id, message, at),
      snoozeDraft: (id, until, at) => drafts.snooze(sql, id, until, at),
      settleDraft: (outboundId, state, at) => drafts.settle(sql, outboundId, state, at),
      addFollowUp: (followUp) => followUps.add(sql, followUp),
      settleFollowUp: (id, state) => followUps.settle(sql, id, state),
      cancelFollowUps: (conversation, kinds) => followUps.cancel(sql, conversation, kinds),
      takeWaitingMail: (conversation, since) => followUps.takeWaitingMail(sql, conversation, since),
      reopenMail: async (seqs) => {
        if (seqs.length === 0) return;
        const update = build.updateTable("inbox").set({ state: "new", turn_id: null });
        await sql.run(update.where("seq", "in", [...seqs]).compile());
      },
      addPromise: (promise) => followUps.addPromise(sql, promise),
      settlePromise: (id, state) => followUps.settlePromise(sql, id, state),
      addRule: (rule) => owner.addRule(sql, rule),
      removeRule: (id) => owner.removeRule(sql, id),
      addDigest: (digest, decisionIds) => digests.add(sql, digest, decisionIds),
      addOwnMessages: (messages, expiresAt) => owner.addMessages(sql, messages, expiresAt),
      forgetOwnMessages: (source) => owner.forgetMessages(sql, source),
      setFact: (key, value) => owner.setFact(sql, key, value),
      fact: (key) => owner.factIn(sql, key),
      addEvent: (kind, ref, at) => owner.addEvent(sql, kind, ref, at),
    };
  }

  return { reads, inTransaction };
}
