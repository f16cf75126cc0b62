import type { AskProgress, RunOrder, RunRecord, StepRow } from "../../core/workflow-run.ts";
import type { Lease, StoreTransaction } from "../../core/store.ts";
import type { WorkflowDeps } from "./contracts.ts";
import { Halt } from "./halt.ts";

/** The steps of one run as they stand, and the only way to write them. */
export interface Journal {
  readonly run: RunRecord;
  row(path: string): StepRow | undefined;
  rows(): readonly StepRow[];
  /** A row to begin a step with: what was noted of it before stays. */
  begin(path: string, kind: string): StepRow;
  /**
   * Writes rows and what belongs to them in one transaction, if the run is still ours. Throws AppError "lease-lost"
   * otherwise. Afterwards it is known what a person asked of the run.
   */
  save(rows: readonly StepRow[], work?: (transaction: StoreTransaction) => Promise<void>): Promise<void>;
  saveProgress(
    path: string,
    attempt: number,
    progress: AskProgress,
    commits: ReadonlyArray<(transaction: StoreTransaction) => Promise<void>>,
  ): Promise<void>;
  /** Throws Halt when a person wants the run halted, or the process ends. */
  checkGoOn(): void;
  /** What a step has cost so far, for the row that records its failure. */
  noteCost(path: string, costMicros: number): void;
  costOf(path: string): number;
  /** Did text from outside come into the run? */
  isTainted(): boolean;
  /** Audit and conversation stay in step with the run; see `finish`. */
  readonly lease: Lease;
}

export async function openJournal(
  deps: Pick<WorkflowDeps, "store" | "now" | "reach">,
  run: RunRecord,
  lease: Lease,
  signal: AbortSignal,
): Promise<Journal> {
  const rows = new Map((await deps.store.workflows.steps(run.id)).map((row) => [row.path, row]));
  const costs = new Map<string, number>();
  let order: RunOrder = run.order;
  let isStarted = run.startedAt !== undefined;
  let nextSeq = Math.max(0, ...[...rows.values()].map(({ seq }) => seq)) + 1;

  async function write(
    changed: readonly StepRow[],
    work: (transaction: StoreTransaction) => Promise<void>,
  ): Promise<void> {
    order = await deps.store.write(async (transaction) => {
      await transaction.checkFence(lease);
      const asked = await transaction.workflows.saveSteps(run.id, changed);
      if (!isStarted) await transaction.workflows.updateRun(run.id, { startedAt: deps.now() });
      await work(transaction);
      return asked;
    });
    isStarted = true;
    for (const row of changed) rows.set(row.path, row);
    deps.reach?.("journal");
  }

  return {
    run,
    lease,
    row: (path) => rows.get(path),
    rows: () => [...rows.values()],
    begin(path, kind) {
      const before = rows.get(path);
      const seq = before?.seq ?? nextSeq;
      if (before === undefined) nextSeq += 1;
      return {
        runId: run.id,
        path,
        seq,
        kind,
        state: "started",
        attempt: (before?.attempt ?? 0) + 1,
        redo: before?.redo ?? 0,
        input: null,
        output: null,
        isOutside: false,
        costMicros: before?.costMicros ?? 0,
        startedAt: deps.now(),
      };
    },
    save: (changed, work = async () => undefined) => write(changed, work),
    saveProgress: (path, attempt, progress, commits) =>
      write([], async (transaction) => {
        await transaction.workflows.saveProgress(run.id, path, attempt, progress);
        for (const commit of commits) await commit(transaction);
      }),
    checkGoOn() {
      if (order !== "none") throw new Halt(order);
      if (signal.aborted) throw new Halt("aborted");
    },
    noteCost: (path, costMicros) => void costs.set(path, costMicros),
    costOf: (path) => costs.get(path) ?? rows.get(path)?.costMicros ?? 0,
    isTainted: () => run.cause.isOutside || [...rows.values()].some((row) => row.isOutside),
  };
}
