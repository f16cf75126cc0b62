import type { Store, StoreTransaction } from "../../core/store.ts";
import type { StepRow, WorkflowTransaction } from "../../core/workflow-run.ts";

/** Steps that follow each other faster than this are told of together: whoever looks reads again a moment later. */
const calmMs = 300;
const maxKnown = 10_000;

type Told = Pick<Store, "write">;

/**
 * The `write` of a store, telling of each run that a transaction has moved on: one event for each, in that transaction.
 * Whoever listens hears of nothing that was undone, and always of a run's beginning, rest and end.
 */
export function tellOfRuns(store: Told, now: () => number): Told {
  const toldAt = new Map<string, number>();

  function isQuiet(runId: string, rows: readonly StepRow[]): boolean {
    const isPassing = rows.every(({ state }) => state === "started" || state === "done" || state === "skipped");
    return isPassing && now() - (toldAt.get(runId) ?? -Infinity) < calmMs;
  }

  return {
    write: (work) =>
      store.write(async (transaction) => {
        const moved = new Set<string>();
        const result = await work(watch(transaction, moved, isQuiet));
        for (const runId of moved) {
          await transaction.cdc.addEvent("run", runId, now());
          if (toldAt.size >= maxKnown) toldAt.clear();
          toldAt.set(runId, now());
        }
        return result;
      }),
  };
}

function watch(
  transaction: StoreTransaction,
  moved: Set<string>,
  isQuiet: (runId: string, rows: readonly StepRow[]) => boolean,
): StoreTransaction {
  const { workflows } = transaction;
  const watched: WorkflowTransaction = {
    ...workflows,
    async createRun(run) {
      const created = await workflows.createRun(run);
      if (created.kind === "created") for (const id of [run.id, ...created.replaced]) moved.add(id);
      return created;
    },
    async saveSteps(runId, rows) {
      if (rows.length > 0 && !isQuiet(runId, rows)) moved.add(runId);
      return workflows.saveSteps(runId, rows);
    },
    async updateRun(runId, change, from) {
      const isChanged = await workflows.updateRun(runId, change, from);
      if (isChanged) moved.add(runId);
      return isChanged;
    },
    async releaseKey(runId) {
      const next = await workflows.releaseKey(runId);
      if (next !== undefined) moved.add(next);
      return next;
    },
  };
  // Not a copy: what the transaction has is made when it is asked for.
  return Object.create(transaction, { workflows: { value: watched } }) as StoreTransaction;
}
