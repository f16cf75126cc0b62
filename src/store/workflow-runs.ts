import type { Database, SqlTransaction } from "../core/database.ts";
import {
  openRunStates,
  runConversation,
  type CreatedRun,
  type NewRun,
  type RunFilter,
  type RunOrder,
  type RunRecord,
  type RunState,
  type WorkflowReads,
  type WorkflowTransaction,
} from "../core/workflow-run.ts";
import type { QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";
import { createWorkflowKeyTable } from "./workflow-keys.ts";
import { createWorkflowStepTable } from "./workflow-steps.ts";

type Row = Omit<Tables["workflow_run"], "seq">;
type Kept = Pick<RunRecord, "cause" | "inputs" | "parent" | "depth">;

/** Runs that may wait for one key; what comes on top is skipped. */
const maxQueued = 100;

function toRun(row: Row): RunRecord {
  return {
    id: row.id,
    workflow: row.workflow,
    definitionHash: row.definition_hash,
    state: row.state as RunState,
    order: row.asked as RunOrder,
    ...(JSON.parse(row.record) as Kept),
    createdAt: row.created_at,
    ...(row.concurrency_key === null ? {} : { concurrencyKey: row.concurrency_key }),
    ...(row.outputs === null ? {} : { outputs: JSON.parse(row.outputs) as Record<string, unknown> }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
  };
}

/** Runs of workflows. Each has a conversation of its own, through which it is leased, rung for and swept. */
export function createWorkflowTables(build: QueryBuilder, database: Database) {
  const steps = createWorkflowStepTable(build, database);
  const keys = createWorkflowKeyTable(build, database);

  async function load(transaction: SqlTransaction, column: "id" | "dedup_key", value: string) {
    const query = build.selectFrom("workflow_run").selectAll().where(column, "=", value);
    const [row] = (await transaction.run<Row>(query.compile())).rows;
    return row && toRun(row);
  }

  async function setState(transaction: SqlTransaction, runId: string, state: RunState): Promise<void> {
    await transaction.run(build.updateTable("workflow_run").set({ state }).where("id", "=", runId).compile());
  }

  async function setDue(transaction: SqlTransaction, runId: string, at: number | undefined): Promise<void> {
    const row = { has_open_turn: at === undefined ? 0 : 1, retry_at: at ?? 0 };
    const insert = build
      .insertInto("conversation")
      .values({
        id: runConversation(runId),
        fence: 0,
        lease_until: 0,
        session: 1,
        summary_seq: 0,
        is_summary_outside: 0,
        has_pins: 0,
        stop_requested: 0,
        attempts: 0,
        updated_at: 0,
        ...row,
      })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row));
    await transaction.run(insert.compile());
  }

  /** The state that its concurrency policy gives a new run, and the runs that have to give way to it. */
  async function decideState(transaction: SqlTransaction, run: NewRun) {
    const { concurrencyKey: key, policy, refusal } = run;
    if (refusal !== undefined) return { state: "skipped" as const, replaced: [], reason: refusal };
    if (key === undefined || policy === undefined || (await keys.take(transaction, key, run.id)))
      return { state: "active" as const, replaced: [] };
    if (policy === "skip")
      return { state: "skipped" as const, replaced: [], reason: "Another run of it was under way." };
    const query = build
      .selectFrom("workflow_run")
      .select(["id", "state"])
      .where("concurrency_key", "=", key)
      .where("state", "in", openRunStates)
      .where("id", "!=", run.id)
      .limit(maxQueued + 1);
    const others = (await transaction.run<{ id: string; state: string }>(query.compile())).rows;
    if (policy === "queue")
      return others.length > maxQueued
        ? { state: "skipped" as const, replaced: [], reason: `More than ${maxQueued} runs of it were waiting already.` }
        : { state: "queued" as const, replaced: [] };
    const replaced: string[] = [];
    for (const other of others) {
      const change =
        other.state === "queued"
          ? { state: "cancelled", reason: "A newer run took its place.", ended_at: run.createdAt }
          : { asked: "cancel", reason: "A newer run took its place." };
      await transaction.run(build.updateTable("workflow_run").set(change).where("id", "=", other.id).compile());
      if (other.state === "queued") continue;
      await setDue(transaction, other.id, 0);
      replaced.push(other.id);
    }
    return { state: "queued" as const, replaced };
  }

  async function create(transaction: SqlTransaction, run: NewRun): Promise<CreatedRun> {
    const { cause, inputs, parent, depth } = run;
    const record: Kept = { cause, inputs, depth, ...(parent === undefined ? {} : { parent }) };
    const row = {
      id: run.id,
      workflow: run.workflow,
      definition_hash: run.definitionHash,
      state: "active",
      asked: "none",
      dedup_key: run.dedupKey ?? null,
      concurrency_key: run.concurrencyKey ?? null,
      parent_id: parent?.runId ?? null,
      record: JSON.stringify(record),
      created_at: run.createdAt,
    };
    const insert = build.insertInto("workflow_run").values(row);
    const { changes } = await transaction.run(
      insert.onConflict((conflict) => conflict.column("dedup_key").doNothing()).compile(),
    );
    if (changes === 0) {
      const known = await load(transaction, "dedup_key", run.dedupKey ?? "");
      if (known !== undefined) return { kind: "known", run: known };
    }
    await transaction.run(
      build
        .insertInto("workflow_definition")
        .values({ hash: run.definitionHash, text: run.definitionText })
        .onConflict((conflict) => conflict.column("hash").doNothing())
        .compile(),
    );
    const { state, replaced, reason } = await decideState(transaction, run);
    const change = { state, reason: reason ?? null, ended_at: state === "skipped" ? run.createdAt : null };
    await transaction.run(build.updateTable("workflow_run").set(change).where("id", "=", run.id).compile());
    if (state === "active") await setDue(transaction, run.id, 0);
    return { kind: "created", run: toRun({ ...row, outputs: null, started_at: null, ...change }), replaced };
  }

  function inTransaction(transaction: SqlTransaction): WorkflowTransaction {
    return {
      createRun: (run) => create(transaction, run),
      saveSteps: (runId, rows) => steps.save(transaction, runId, rows),
      saveProgress: (runId, path, attempt, progress) => steps.saveProgress(transaction, runId, path, attempt, progress),
      async updateRun(runId, { state, order, startedAt, endedAt, outputs, reason }, from) {
        const set: Partial<Row> = {
          ...(state === undefined ? {} : { state }),
          ...(order === undefined ? {} : { asked: order }),
          ...(startedAt === undefined ? {} : { started_at: startedAt }),
          ...(endedAt === undefined ? {} : { ended_at: endedAt }),
          ...(outputs === undefined ? {} : { outputs: JSON.stringify(outputs) }),
          ...(reason === undefined ? {} : { reason }),
        };
        const update = build.updateTable("workflow_run").set(set).where("id", "=", runId);
        const guarded = from === undefined ? update : update.where("state", "in", from);
        return (await transaction.run(guarded.compile())).changes === 1;
      },
      async releaseKey(runId) {
        const next = await keys.release(transaction, runId);
        if (next === undefined) return undefined;
        await setState(transaction, next, "active");
        await setDue(transaction, next, 0);
        return next;
      },
      async takeKey(runId) {
        const run = await load(transaction, "id", runId);
        const isTaken = run?.concurrencyKey === undefined || (await keys.take(transaction, run.concurrencyKey, runId));
        await setState(transaction, runId, isTaken ? "active" : "queued");
        return isTaken;
      },
      setDue: (runId, at) => setDue(transaction, runId, at),
    };
  }

  async function find(filter: RunFilter, limit: number): Promise<RunRecord[]> {
    let query = build.selectFrom("workflow_run").selectAll().orderBy("seq", "desc").limit(limit);
    if (filter.workflow !== undefined) query = query.where("workflow", "=", filter.workflow);
    if (filter.states !== undefined) query = query.where("state", "in", filter.states);
    if (filter.parentId !== undefined) query = query.where("parent_id", "=", filter.parentId);
    if (filter.beforeId !== undefined) {
      const last = build.selectFrom("workflow_run").select("seq").where("id", "=", filter.beforeId);
      query = query.where("seq", "<", last);
    }
    return (await database.read<Row>(query.compile())).map(toRun);
  }

  async function findOne(column: "id" | "dedup_key", value: string): Promise<RunRecord | undefined> {
    const query = build.selectFrom("workflow_run").selectAll().where(column, "=", value);
    const [row] = await database.read<Row>(query.compile());
    return row && toRun(row);
  }

  const reads: WorkflowReads = {
    run: (id) => findOne("id", id),
    runByDedupKey: (key) => findOne("dedup_key", key),
    runs: find,
    steps: steps.ofRun,
    progress: steps.progress,
    async definition(hash) {
      const query = build.selectFrom("workflow_definition").select("text").where("hash", "=", hash);
      return (await database.read<{ text: string }>(query.compile()))[0]?.text;
    },
  };
  return { inTransaction, reads };
}
