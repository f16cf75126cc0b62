import { sql } from "kysely";
import type { FollowUpRecord, PromiseRecord } from "../../core/cdc.ts";
import type { Database, SqlTransaction } from "../../core/database.ts";
import type { QueryBuilder } from "../query.ts";
import type { Tables } from "../tables.ts";

function toFollowUp(row: Tables["follow_up"]): FollowUpRecord {
  return {
    id: row.id,
    conversation: row.conversation,
    kind: row.kind as FollowUpRecord["kind"],
    ref: row.ref,
    reason: row.reason,
    state: row.state as FollowUpRecord["state"],
    dueAt: row.due_at,
    createdAt: row.created_at,
  };
}

function toPromise(row: Tables["promise"]): PromiseRecord {
  return { ...(JSON.parse(row.record) as PromiseRecord), state: row.state as PromiseRecord["state"] };
}

/** What happens later unless an answer comes before, and what was promised. */
export function createFollowUpTable(build: QueryBuilder, database: Database) {
  const waiting = () => build.selectFrom("follow_up").selectAll().where("state", "=", sql.lit("waiting"));

  return {
    async add(transaction: SqlTransaction, followUp: FollowUpRecord): Promise<void> {
      const { id, conversation, kind, ref, reason, state, dueAt, createdAt } = followUp;
      const row = { id, conversation, kind, ref, reason, state, due_at: dueAt, created_at: createdAt };
      await transaction.run(
        build
          .insertInto("follow_up")
          .values(row)
          .onConflict((conflict) => conflict.column("id").doNothing())
          .compile(),
      );
    },
    async settle(transaction: SqlTransaction, id: string, state: "fired" | "cancelled"): Promise<boolean> {
      const update = build.updateTable("follow_up").set({ state }).where("id", "=", id).where("state", "=", "waiting");
      return (await transaction.run(update.compile())).changes === 1;
    },
    async cancel(
      transaction: SqlTransaction,
      conversation: string,
      kinds: readonly FollowUpRecord["kind"][],
    ): Promise<number> {
      const update = build
        .updateTable("follow_up")
        .set({ state: "cancelled" })
        .where("conversation", "=", conversation)
        .where("state", "=", sql.lit("waiting"))
        .where("kind", "in", [...kinds]);
      return (await transaction.run(update.compile())).changes;
    },
    async takeWaitingMail(transaction: SqlTransaction, conversation: string, since: number): Promise<number[]> {
      const update = build
        .updateTable("follow_up")
        .set({ state: "fired" })
        .where("conversation", "=", conversation)
        .where("state", "=", sql.lit("waiting"))
        .where("kind", "=", "answer")
        .where("created_at", ">=", since)
        .returning("ref");
      const { rows } = await transaction.run<{ ref: string }>(update.compile());
      return rows.flatMap(({ ref }) => JSON.parse(ref) as number[]);
    },
    async due(now: number, limit: number): Promise<FollowUpRecord[]> {
      const query = waiting().where("due_at", "<=", now).orderBy("due_at").limit(limit);
      return (await database.read<Tables["follow_up"]>(query.compile())).map(toFollowUp);
    },
    async waiting(limit: number, conversation?: string): Promise<FollowUpRecord[]> {
      const query = waiting().orderBy("due_at").limit(limit);
      const found = conversation === undefined ? query : query.where("conversation", "=", conversation);
      return (await database.read<Tables["follow_up"]>(found.compile())).map(toFollowUp);
    },

    async addPromise(transaction: SqlTransaction, promise: PromiseRecord): Promise<void> {
      const { id, conversation, state, at } = promise;
      await transaction.run(
        build
          .insertInto("promise")
          .values({ id, conversation, state, record: JSON.stringify(promise), at })
          .onConflict((conflict) => conflict.column("id").doNothing())
          .compile(),
      );
    },
    async settlePromise(transaction: SqlTransaction, id: string, state: "kept" | "dropped"): Promise<boolean> {
      const update = build.updateTable("promise").set({ state }).where("id", "=", id).where("state", "=", "open");
      return (await transaction.run(update.compile())).changes === 1;
    },
    async openPromises(limit: number, conversation?: string): Promise<PromiseRecord[]> {
      const query = build
        .selectFrom("promise")
        .selectAll()
        .where("state", "=", sql.lit("open"))
        .orderBy("at")
        .limit(limit);
      const found = conversation === undefined ? query : query.where("conversation", "=", conversation);
      return (await database.read<Tables["promise"]>(found.compile())).map(toPromise);
    },
  };
}
