import type { SqlTransaction } from "../core/database.ts";
import { nextCronAt } from "./cron-time.ts";
import * as statements from "./sqlite-statements.ts";

export interface Ring {
  readonly dueAt: number;
  readonly priority: number;
}

/** How a run of a handler ended: for good, or to be tried again at `dueAt`. */
export type Ending =
  | { readonly kind: "finished"; readonly conversation: string }
  | {
      readonly kind: "retry";
      readonly conversation: string;
      readonly dueAt: number;
      readonly attempts: number;
    };

/** Everything that one process has to tell the database at one time; it goes into one transaction. */
export interface Batch<R extends Ring = Ring> {
  readonly owner: string;
  readonly at: number;
  readonly rings: ReadonlyMap<string, R>;
  readonly endings: readonly Ending[];
  /** New entries to take at most; 0 takes none. */
  readonly free: number;
  /** "none": our promise to be alive still holds long enough. "insert" makes it anew, "update" must find it. */
  readonly promise: "none" | "insert" | "update";
  readonly aliveUntil: number;
  readonly takesOver: boolean;
  readonly runsSchedules: boolean;
}

export interface BatchResult {
  readonly claimed: readonly statements.WakeRow[];
  /** Another process found us silent for too long and took our entries. Nothing was claimed. */
  readonly isLost: boolean;
  /** The earliest time at which something that this batch wrote becomes due; Infinity when nothing does. */
  readonly nextDueAt: number;
}

/** Writes a batch. The order matters: what has ended frees places and rows before rings and claims look at them. */
export async function writeBatch(transaction: SqlTransaction, batch: Batch): Promise<BatchResult> {
  const isLost = !(await keepPromise(transaction, batch));
  const retriedAt = await writeEndings(transaction, batch);
  const rungAt = await writeRings(transaction, batch.rings);
  if (batch.takesOver)
    for (const statement of statements.takeOverStatements(batch.at)) await transaction.run(statement);
  if (batch.runsSchedules) await ringSchedules(transaction, batch.at);
  const claimed = isLost || batch.free <= 0 ? [] : await claim(transaction, batch);
  return { claimed, isLost, nextDueAt: Math.min(retriedAt, rungAt) };
}

async function keepPromise(transaction: SqlTransaction, batch: Batch): Promise<boolean> {
  if (batch.promise === "none") return true;
  if (batch.promise === "insert") {
    await transaction.run(statements.registerStatement(batch.owner, batch.aliveUntil));
    return true;
  }
  return (await transaction.run(statements.renewStatement(batch.owner, batch.aliveUntil))).changes > 0;
}

async function writeEndings(transaction: SqlTransaction, { owner, endings }: Batch): Promise<number> {
  let nextDueAt = Infinity;
  const finished: string[] = [];
  for (const ending of endings) {
    if (ending.kind === "finished") {
      finished.push(ending.conversation);
      continue;
    }
    await transaction.run(statements.retryStatement(owner, ending.conversation, ending.dueAt, ending.attempts));
    nextDueAt = Math.min(nextDueAt, ending.dueAt);
  }
  if (finished.length === 0) return nextDueAt;
  const { changes } = await transaction.run(statements.finishStatement(owner, finished));
  if (changes === finished.length) return nextDueAt;
  const { rows } = await transaction.run<{ due_at: number }>(statements.rerunStatement(owner, finished));
  return Math.min(nextDueAt, ...rows.map((row) => row.due_at));
}

async function writeRings(transaction: SqlTransaction, rings: ReadonlyMap<string, Ring>): Promise<number> {
  if (rings.size === 0) return Infinity;
  let nextDueAt = Infinity;
  const list: Array<readonly [string, number, number]> = [];
  for (const [conversation, ring] of rings) {
    list.push([conversation, ring.dueAt, ring.priority]);
    nextDueAt = Math.min(nextDueAt, ring.dueAt);
  }
  await transaction.run(statements.ringStatement(list));
  return nextDueAt;
}

async function ringSchedules(transaction: SqlTransaction, at: number): Promise<void> {
  const { rows } = await transaction.run<statements.ScheduleRow>(statements.dueSchedulesStatement(at));
  const rings = new Map<string, Ring>();
  for (const row of rows) {
    rings.set(row.conversation, { dueAt: at, priority: 0 });
    const nextAt = nextCronAt(row.cron, row.time_zone, at);
    await transaction.run(
      nextAt === undefined ? statements.unscheduleStatement(row.id) : statements.moveScheduleStatement(row.id, nextAt),
    );
  }
  await writeRings(transaction, rings);
}

async function claim(transaction: SqlTransaction, batch: Batch): Promise<readonly statements.WakeRow[]> {
  const { rows } = await transaction.run<statements.WakeRow>(
    statements.claimStatement(batch.owner, batch.at, batch.free),
  );
  return rows.toSorted((a, b) => a.priority - b.priority || a.due_at - b.due_at);
}
