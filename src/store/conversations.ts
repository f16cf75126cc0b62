import { sql } from "kysely";
import type { Database, SqlQuery, SqlTransaction } from "../core/database.ts";
import { AppError } from "../core/errors.ts";
import type { ConversationState, Lease, StoreTransaction } from "../core/store.ts";
import { prepare, type QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

type Row = Tables["conversation"];

function toState(row: Row): ConversationState {
  return {
    id: row.id,
    session: row.session,
    summarySeq: row.summary_seq,
    isSummaryOutside: row.is_summary_outside === 1,
    hasOpenTurn: row.has_open_turn === 1,
    hasPins: row.has_pins === 1,
    attempts: row.attempts,
    retryAt: row.retry_at,
    ...(row.persona === null ? {} : { persona: row.persona }),
    ...(row.model === null ? {} : { model: row.model }),
    ...(row.summary === null ? {} : { summary: row.summary }),
    ...(row.title === null ? {} : { title: row.title }),
    ...(row.plan === null ? {} : { plan: row.plan }),
    ...(row.found_persona === null ? {} : { foundPersona: row.found_persona }),
  };
}

/**
 * Conversations and who may run them now. The fence counts up with each taking; only the holder of the latest one can
 * commit, so a process that was frozen past its lease cannot overwrite what its successor did.
 */
export function createConversationTable(build: QueryBuilder, database: Database) {
  const held = (lease: Lease, change: Partial<Row>) =>
    build
      .updateTable("conversation")
      .set(change)
      .where("id", "=", lease.conversation)
      .where("fence", "=", lease.fence)
      .where("owner", "=", lease.owner);
  const touch = prepare<Lease & { now: number }>((values) => held(values, { updated_at: values.now }));
  const giveBack = prepare<Lease>((values) => held(values, { owner: null, lease_until: 0 }));
  const take = prepare<{ id: string; owner: string; now: number; until: number }>(({ id, owner, now, until }) =>
    build
      .insertInto("conversation")
      .values({
        id,
        fence: 1,
        owner,
        lease_until: until,
        session: 1,
        summary_seq: 0,
        is_summary_outside: 0,
        has_open_turn: 0,
        has_pins: 0,
        stop_requested: 0,
        attempts: 0,
        retry_at: 0,
        updated_at: now,
      })
      .onConflict((conflict) =>
        conflict
          .column("id")
          .doUpdateSet((set) => ({
            fence: set("conversation.fence", "+", 1),
            owner,
            lease_until: until,
            stop_requested: 0,
          }))
          .where("conversation.lease_until", "<", now),
      )
      .returningAll(),
  );

  async function guarded(transaction: SqlTransaction, lease: Lease, statement: SqlQuery): Promise<void> {
    const { changes } = await transaction.run(statement);
    if (changes === 0)
      throw new AppError("lease-lost", `Conversation ${lease.conversation} is run by somebody else now.`);
  }

  return {
    async takeLease(conversation: string, owner: string, now: number, ttlMs: number) {
      const [row] = (await database.run<Row>(take({ id: conversation, owner, now, until: now + ttlMs }))).rows;
      if (row === undefined) return undefined;
      return { lease: { conversation, owner, fence: row.fence } satisfies Lease, state: toState(row) };
    },

    checkFence: (transaction: SqlTransaction, lease: Lease, now: number) =>
      guarded(transaction, lease, touch({ ...lease, now })),
    release: (transaction: SqlTransaction, lease: Lease) => guarded(transaction, lease, giveBack(lease)),

    async renew(owner: string, conversations: readonly string[], now: number, ttlMs: number) {
      if (conversations.length === 0) return [];
      const update = build
        .updateTable("conversation")
        .set({ lease_until: now + ttlMs })
        .where("owner", "=", owner)
        .where("id", "in", [...conversations])
        .where("lease_until", ">=", now)
        .returning(["id", "fence", "stop_requested"]);
      const rows = await database.write(async (transaction) => {
        const found = (await transaction.run<Pick<Row, "id" | "fence" | "stop_requested">>(update.compile())).rows;
        const stopped = found.filter((row) => row.stop_requested === 1).map((row) => row.id);
        // Told once: the turn after the stopped one, under the same lease, shall run.
        if (stopped.length > 0)
          await transaction.run(
            build.updateTable("conversation").set({ stop_requested: 0 }).where("id", "in", stopped).compile(),
          );
        return found;
      });
      return rows.map((row) => ({ conversation: row.id, fence: row.fence, stopRequested: row.stop_requested === 1 }));
    },

    async requestStop(conversation: string): Promise<void> {
      await database.run(
        build.updateTable("conversation").set({ stop_requested: 1 }).where("id", "=", conversation).compile(),
      );
    },

    async load(id: string): Promise<ConversationState | undefined> {
      const [row] = await database.read<Row>(
        build.selectFrom("conversation").selectAll().where("id", "=", id).compile(),
      );
      return row && toState(row);
    },

    async update(
      transaction: SqlTransaction,
      id: string,
      change: Parameters<StoreTransaction["updateConversation"]>[1],
    ): Promise<void> {
      const set: Partial<Row> = {
        ...(change.session === undefined ? {} : { session: change.session }),
        ...(change.persona === undefined ? {} : { persona: change.persona }),
        ...(change.model === undefined ? {} : { model: change.model }),
        ...(change.summary === undefined ? {} : { summary: change.summary }),
        ...(change.summarySeq === undefined ? {} : { summary_seq: change.summarySeq }),
        ...(change.isSummaryOutside === undefined ? {} : { is_summary_outside: change.isSummaryOutside ? 1 : 0 }),
        ...(change.title === undefined ? {} : { title: change.title }),
        ...(change.plan === undefined ? {} : { plan: change.plan }),
        ...(change.foundPersona === undefined ? {} : { found_persona: change.foundPersona }),
        ...(change.attempts === undefined ? {} : { attempts: change.attempts }),
        ...(change.retryAt === undefined ? {} : { retry_at: change.retryAt }),
        ...(change.hasOpenTurn === undefined ? {} : { has_open_turn: change.hasOpenTurn ? 1 : 0 }),
      };
      if (Object.keys(set).length > 0)
        await transaction.run(build.updateTable("conversation").set(set).where("id", "=", id).compile());
    },

    async markPins(transaction: SqlTransaction, id: string): Promise<void> {
      await transaction.run(build.updateTable("conversation").set({ has_pins: 1 }).where("id", "=", id).compile());
    },

    /** Conversations with a turn to resume that no live lease covers. */
    async withOpenTurns(now: number, limit: number): Promise<string[]> {
      const query = build
        .selectFrom("conversation")
        .select("id")
        .where("has_open_turn", "=", sql.lit(1))
        .where("lease_until", "<", now)
        .where("retry_at", "<=", now)
        .limit(limit);
      return (await database.read<{ id: string }>(query.compile())).map((row) => row.id);
    },
  };
}
