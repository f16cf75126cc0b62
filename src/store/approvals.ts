import { sql } from "kysely";
import type { Database, SqlTransaction } from "../core/database.ts";
import type { ApprovalRecord, ApprovalState } from "../core/store.ts";
import { parseRunConversation } from "../core/workflow-run.ts";
import type { QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

function toApproval(row: Tables["approval"]): ApprovalRecord {
  return {
    id: row.id,
    conversation: row.conversation,
    turnId: row.turn_id,
    callId: row.call_id,
    tool: row.tool,
    input: JSON.parse(row.input) as unknown,
    question: row.question,
    state: row.state as ApprovalState,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    ...(row.answered_by === null ? {} : { answeredBy: row.answered_by }),
  };
}

/** Questions to people, each answered once, whoever was first. */
export function createApprovalTable(build: QueryBuilder, database: Database) {
  /** What waits for a time of its own is swept now. */
  async function endRest(transaction: SqlTransaction, conversation: string): Promise<void> {
    const update = build
      .updateTable("conversation")
      .set({ retry_at: 0 })
      .where("id", "=", conversation)
      .where("has_open_turn", "=", 1);
    await transaction.run(update.compile());
  }

  return {
    async add(transaction: SqlTransaction, approval: ApprovalRecord): Promise<void> {
      const row = {
        id: approval.id,
        conversation: approval.conversation,
        turn_id: approval.turnId,
        call_id: approval.callId,
        tool: approval.tool,
        input: JSON.stringify(approval.input),
        question: approval.question,
        state: approval.state,
        expires_at: approval.expiresAt,
        created_at: approval.createdAt,
      };
      await transaction.run(
        build
          .insertInto("approval")
          .values(row)
          .onConflict((conflict) => conflict.column("id").doNothing())
          .compile(),
      );
    },

    /**
     * Once no question of its turn is pending, the turn is ready and its conversation marked open. A run looks at each
     * answer, whoever gave it and wherever.
     */
    async answer(transaction: SqlTransaction, id: string, state: ApprovalState, by: string): Promise<boolean> {
      const update = build
        .updateTable("approval")
        .set({ state, answered_by: by })
        .where("id", "=", id)
        .where("state", "=", "pending")
        .returning(["turn_id", "conversation"]);
      const [row] = (await transaction.run<{ turn_id: string; conversation: string }>(update.compile())).rows;
      if (row === undefined) return false;
      if (parseRunConversation(row.conversation) !== undefined) await endRest(transaction, row.conversation);
      // Two answers at a time would each see the other one as missing still.
      if (database.dialect === "postgres")
        await transaction.run(
          build.selectFrom("turn").select("id").where("id", "=", row.turn_id).forUpdate().compile(),
        );
      const left = build
        .selectFrom("approval")
        .select("id")
        .where("turn_id", "=", row.turn_id)
        .where("state", "=", "pending")
        .limit(1);
      if ((await transaction.run(left.compile())).rows.length > 0) return true;
      const { changes } = await transaction.run(
        build
          .updateTable("turn")
          .set({ state: "ready" })
          .where("id", "=", row.turn_id)
          .where("state", "=", "waiting")
          .compile(),
      );
      if (changes > 0)
        await transaction.run(
          build.updateTable("conversation").set({ has_open_turn: 1 }).where("id", "=", row.conversation).compile(),
        );
      return true;
    },

    async load(id: string): Promise<ApprovalRecord | undefined> {
      const [row] = await database.read<Tables["approval"]>(
        build.selectFrom("approval").selectAll().where("id", "=", id).compile(),
      );
      return row && toApproval(row);
    },

    async ofTurn(turnId: string): Promise<ApprovalRecord[]> {
      const query = build.selectFrom("approval").selectAll().where("turn_id", "=", turnId).orderBy("created_at");
      return (await database.read<Tables["approval"]>(query.compile())).map(toApproval);
    },

    async pending(limit: number): Promise<ApprovalRecord[]> {
      const query = build
        .selectFrom("approval")
        .selectAll()
        .where("state", "=", sql.lit("pending"))
        .orderBy("created_at")
        .limit(limit);
      return (await database.read<Tables["approval"]>(query.compile())).map(toApproval);
    },
  };
}
