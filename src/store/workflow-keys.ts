import type { Database, SqlTransaction } from "../core/database.ts";
import type { QueryBuilder } from "./query.ts";

/** Which run of a concurrency key is under way. The database decides, whoever asks at the same moment. */
export function createWorkflowKeyTable(build: QueryBuilder, database: Database) {
  return {
    async take(transaction: SqlTransaction, key: string, runId: string): Promise<boolean> {
      const insert = build
        .insertInto("workflow_key")
        .values({ key, run_id: runId })
        .onConflict((conflict) => conflict.column("key").doNothing())
        .compile();
      const holder = build.selectFrom("workflow_key").select("run_id").where("key", "=", key);
      for (;;) {
        if ((await transaction.run(insert)).changes === 1) return true;
        // A run that ends at this moment looks for the next one: it must see ours, or we must see it gone.
        const locked = database.dialect === "postgres" ? holder.forUpdate() : holder;
        const [row] = (await transaction.run<{ run_id: string }>(locked.compile())).rows;
        if (row !== undefined) return row.run_id === runId;
      }
    },

    /** Resolves with the run that waited longest for the key, which has it now. */
    async release(transaction: SqlTransaction, runId: string): Promise<string | undefined> {
      const gone = build.deleteFrom("workflow_key").where("run_id", "=", runId).returning("key").compile();
      const [held] = (await transaction.run<{ key: string }>(gone)).rows;
      if (held === undefined) return undefined;
      const next = build
        .selectFrom("workflow_run")
        .select("id")
        .where("concurrency_key", "=", held.key)
        .where("state", "=", "queued")
        .orderBy("seq")
        .limit(1)
        .compile();
      const [waiting] = (await transaction.run<{ id: string }>(next)).rows;
      if (waiting === undefined) return undefined;
      await transaction.run(build.insertInto("workflow_key").values({ key: held.key, run_id: waiting.id }).compile());
      return waiting.id;
    },
  };
}
