import type { Database, SqlTransaction } from "../core/database.ts";
import type { AskProgress, RunOrder, StepRow, StepState } from "../core/workflow-run.ts";
import { prepare, prepareInsert, type QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

type Row = Tables["workflow_step"];

function toStep(row: Row): StepRow {
  return {
    runId: row.run_id,
    path: row.path,
    seq: row.seq,
    kind: row.kind,
    state: row.state as StepState,
    attempt: row.attempt,
    redo: row.redo,
    input: JSON.parse(row.input) as unknown,
    output: JSON.parse(row.output) as unknown,
    isOutside: row.is_outside === 1,
    costMicros: row.cost_micros,
    startedAt: row.started_at,
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.due_at === null ? {} : { dueAt: row.due_at }),
  };
}

function toRow(step: StepRow): Row {
  return {
    run_id: step.runId,
    path: step.path,
    seq: step.seq,
    kind: step.kind,
    state: step.state,
    attempt: step.attempt,
    redo: step.redo,
    input: JSON.stringify(step.input ?? null),
    output: JSON.stringify(step.output ?? null),
    error: step.error ?? null,
    is_outside: step.isOutside ? 1 : 0,
    cost_micros: Math.round(step.costMicros),
    started_at: step.startedAt,
    ended_at: step.endedAt ?? null,
    due_at: step.dueAt ?? null,
  };
}

/** The journal of runs: one row for each step, replaced as the step goes on. */
export function createWorkflowStepTable(build: QueryBuilder, database: Database) {
  const insert = prepareInsert<Row>((rows) =>
    build
      .insertInto("workflow_step")
      .values([...rows])
      .onConflict((conflict) =>
        conflict.columns(["run_id", "path"]).doUpdateSet((set) => ({
          seq: set.ref("excluded.seq"),
          state: set.ref("excluded.state"),
          attempt: set.ref("excluded.attempt"),
          redo: set.ref("excluded.redo"),
          input: set.ref("excluded.input"),
          output: set.ref("excluded.output"),
          error: set.ref("excluded.error"),
          is_outside: set.ref("excluded.is_outside"),
          cost_micros: set.ref("excluded.cost_micros"),
          started_at: set.ref("excluded.started_at"),
          ended_at: set.ref("excluded.ended_at"),
          due_at: set.ref("excluded.due_at"),
        })),
      ),
  );
  const asked = prepare<{ runId: string }>((values) =>
    build.selectFrom("workflow_run").select("asked").where("id", "=", values.runId),
  );

  return {
    async save(transaction: SqlTransaction, runId: string, steps: readonly StepRow[]): Promise<RunOrder> {
      if (steps.length > 0) await transaction.run(insert(steps.map(toRow)));
      const [row] = (await transaction.run<{ asked: string }>(asked({ runId }))).rows;
      return (row?.asked ?? "cancel") as RunOrder;
    },

    async saveProgress(
      transaction: SqlTransaction,
      runId: string,
      path: string,
      attempt: number,
      { index, record }: AskProgress,
    ): Promise<void> {
      const row = { run_id: runId, path, attempt, idx: index, record: JSON.stringify(record) };
      await transaction.run(
        build
          .insertInto("workflow_progress")
          .values(row)
          .onConflict((conflict) =>
            conflict.columns(["run_id", "path", "attempt", "idx"]).doUpdateSet({ record: row.record }),
          )
          .compile(),
      );
    },

    async ofRun(runId: string): Promise<StepRow[]> {
      const query = build
        .selectFrom("workflow_step")
        .selectAll()
        .where("run_id", "=", runId)
        .orderBy("seq")
        .orderBy("path");
      return (await database.read<Row>(query.compile())).map(toStep);
    },

    async progress(runId: string, path: string, attempt: number): Promise<AskProgress[]> {
      const query = build
        .selectFrom("workflow_progress")
        .select(["idx", "record"])
        .where("run_id", "=", runId)
        .where("path", "=", path)
        .where("attempt", "=", attempt)
        .orderBy("idx");
      const rows = await database.read<{ idx: number; record: string }>(query.compile());
      return rows.map(({ idx, record }) => ({ index: idx, record: JSON.parse(record) as unknown }));
    },
  };
}
