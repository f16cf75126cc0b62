import type { ThreadRecord, ThreadStatus } from "../../core/cdc.ts";
import type { Database, SqlTransaction } from "../../core/database.ts";
import { prepareInsert, type QueryBuilder } from "../query.ts";
import type { Tables } from "../tables.ts";

function toThread(row: Tables["thread"]): ThreadRecord {
  return {
    conversation: row.conversation,
    status: row.status as ThreadStatus,
    reason: row.reason,
    theyWroteAt: row.they_wrote_at,
    ownerWroteAt: row.owner_wrote_at,
    weWroteAt: row.we_wrote_at,
    exchanges: row.exchanges,
    events: JSON.parse(row.events) as ThreadRecord["events"],
    snoozedUntil: row.snoozed_until,
    updatedAt: row.updated_at,
  };
}

/** Where each thread stands. */
export function createThreadTable(build: QueryBuilder, database: Database) {
  const upsert = prepareInsert<Tables["thread"]>((rows) =>
    build
      .insertInto("thread")
      .values([...rows])
      .onConflict((conflict) =>
        conflict.column("conversation").doUpdateSet((set) => ({
          status: set.ref("excluded.status"),
          reason: set.ref("excluded.reason"),
          they_wrote_at: set.ref("excluded.they_wrote_at"),
          owner_wrote_at: set.ref("excluded.owner_wrote_at"),
          we_wrote_at: set.ref("excluded.we_wrote_at"),
          exchanges: set.ref("excluded.exchanges"),
          events: set.ref("excluded.events"),
          snoozed_until: set.ref("excluded.snoozed_until"),
          updated_at: set.ref("excluded.updated_at"),
        })),
      ),
  );
  const rowOf = (conversation: string) =>
    build.selectFrom("thread").selectAll().where("conversation", "=", conversation);
  return {
    async loadLocked(transaction: SqlTransaction, conversation: string): Promise<ThreadRecord | undefined> {
      const query = database.dialect === "postgres" ? rowOf(conversation).forUpdate() : rowOf(conversation);
      const [row] = (await transaction.run<Tables["thread"]>(query.compile())).rows;
      return row && toThread(row);
    },
    async save(transaction: SqlTransaction, thread: ThreadRecord): Promise<void> {
      const row = {
        conversation: thread.conversation,
        status: thread.status,
        reason: thread.reason,
        they_wrote_at: thread.theyWroteAt,
        owner_wrote_at: thread.ownerWroteAt,
        we_wrote_at: thread.weWroteAt,
        exchanges: thread.exchanges,
        events: JSON.stringify(thread.events),
        snoozed_until: thread.snoozedUntil,
        updated_at: thread.updatedAt,
      };
      await transaction.run(upsert([row]));
    },
    async load(conversation: string): Promise<ThreadRecord | undefined> {
      const [row] = await database.read<Tables["thread"]>(rowOf(conversation).compile());
      return row && toThread(row);
    },
    async ofStatus(status: ThreadStatus, limit: number): Promise<ThreadRecord[]> {
      const query = build
        .selectFrom("thread")
        .selectAll()
        .where("status", "=", status)
        .orderBy("updated_at")
        .limit(limit);
      return (await database.read<Tables["thread"]>(query.compile())).map(toThread);
    },
  };
}
