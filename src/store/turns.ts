import type { Database, SqlTransaction } from "../core/database.ts";
import type { ModelMessage } from "../core/model.ts";
import type { InboxItem, StepRecord, TurnRecord, TurnState } from "../core/store.ts";
import type { QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

/** The journal: which mail a turn answers, and what it has done so far. Turns of one step never write here. */
export function createTurnTable(
  build: QueryBuilder,
  database: Database,
  inboxBySeqs: (seqs: readonly number[]) => Promise<InboxItem[]>,
) {
  async function toTurn(row: Tables["turn"]): Promise<TurnRecord> {
    return {
      id: row.id,
      conversation: row.conversation,
      state: row.state as TurnState,
      inbox: await inboxBySeqs(JSON.parse(row.inbox_seqs) as number[]),
      isTainted: row.is_tainted === 1,
      persona: row.persona,
      startedAt: row.started_at,
    };
  }

  async function stepsOf(turnId: string): Promise<StepRecord[]> {
    const rows = await database.read<Tables["step"]>(
      build.selectFrom("step").selectAll().where("turn_id", "=", turnId).orderBy("idx").compile(),
    );
    return rows.map((row) => ({
      turnId,
      index: row.idx,
      message: JSON.parse(row.message) as ModelMessage,
      startedCalls: JSON.parse(row.started_calls) as string[],
    }));
  }

  return {
    async save(transaction: SqlTransaction, turn: TurnRecord): Promise<void> {
      const row = {
        id: turn.id,
        conversation: turn.conversation,
        state: turn.state,
        inbox_seqs: JSON.stringify(turn.inbox.map((item) => item.seq)),
        is_tainted: turn.isTainted ? 1 : 0,
        persona: turn.persona,
        started_at: turn.startedAt,
      };
      const { state, inbox_seqs, is_tainted } = row;
      await transaction.run(
        build
          .insertInto("turn")
          .values(row)
          .onConflict((conflict) => conflict.column("id").doUpdateSet({ state, inbox_seqs, is_tainted }))
          .compile(),
      );
    },

    /** Leaves the conversation's open mark in step with its turns. */
    async setState(transaction: SqlTransaction, turnId: string, state: TurnState): Promise<void> {
      const update = build.updateTable("turn").set({ state }).where("id", "=", turnId).returning("conversation");
      const [row] = (await transaction.run<{ conversation: string }>(update.compile())).rows;
      if (row === undefined) return;
      // An approval answered at this moment opens another turn: look only once it is committed.
      if (database.dialect === "postgres")
        await transaction.run(
          build.selectFrom("conversation").select("id").where("id", "=", row.conversation).forUpdate().compile(),
        );
      const open = build
        .selectFrom("turn")
        .select("id")
        .where("conversation", "=", row.conversation)
        .where("state", "in", ["running", "ready"])
        .limit(1);
      const isOpen = (await transaction.run(open.compile())).rows.length > 0;
      await transaction.run(
        build
          .updateTable("conversation")
          .set({ has_open_turn: isOpen ? 1 : 0 })
          .where("id", "=", row.conversation)
          .compile(),
      );
    },

    async saveStep(transaction: SqlTransaction, step: StepRecord): Promise<void> {
      const row = {
        turn_id: step.turnId,
        idx: step.index,
        message: JSON.stringify(step.message),
        started_calls: JSON.stringify(step.startedCalls),
      };
      const { message, started_calls } = row;
      await transaction.run(
        build
          .insertInto("step")
          .values(row)
          .onConflict((conflict) => conflict.columns(["turn_id", "idx"]).doUpdateSet({ message, started_calls }))
          .compile(),
      );
    },

    async open(conversation: string) {
      const query = build
        .selectFrom("turn")
        .selectAll()
        .where("conversation", "=", conversation)
        .where("state", "in", ["running", "ready"])
        .orderBy("started_at")
        .orderBy("id");
      const rows = await database.read<Tables["turn"]>(query.compile());
      return Promise.all(rows.map(async (row) => ({ turn: await toTurn(row), steps: await stepsOf(row.id) })));
    },
  };
}
