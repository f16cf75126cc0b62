import { AppError } from "../../core/errors.ts";
import type { StoreTransaction } from "../../core/store.ts";
import { openRunStates, runConversation, type RunRecord } from "../../core/workflow-run.ts";
import type { WorkflowDeps } from "./contracts.ts";
import { pickReset } from "./pick-reset.ts";

/** What people may ask of a run. Each throws AppError "not-found", or "conflict" where the run is not in that state. */
export interface RunOrders {
  /** Ends it before its next step; one that waits ends at once. Runs that it started end with it. */
  cancel(runId: string, by: string): Promise<void>;
  /** Halts it before its next step. */
  pause(runId: string, by: string): Promise<void>;
  resume(runId: string, by: string): Promise<void>;
  /**
   * Has a run that ended go on: from the step with this path or id, or where it failed. Steps before it stay done; what
   * was done and is done anew has its effect again, what failed or was cut off keeps its idempotency key.
   */
  retry(runId: string, by: string, from?: string): Promise<void>;
}

const endStates: readonly RunRecord["state"][] = ["done", "failed", "cancelled"];

export function createRunOrders(
  deps: Pick<WorkflowDeps, "store" | "now">,
  ring: (...runIds: readonly string[]) => void,
): RunOrders {
  const { store, now } = deps;

  async function load(runId: string, states: readonly RunRecord["state"][], what: string): Promise<RunRecord> {
    const run = await store.workflows.run(runId);
    if (run === undefined)
      throw new AppError("not-found", `There is no run "${runId.slice(0, 40)}".`, {
        hint: "List them with: parlance runs.",
      });
    if (states.includes(run.state)) return run;
    throw new AppError("conflict", `The run is ${run.state}; it cannot be ${what}.`);
  }

  function check(isChanged: boolean): void {
    if (!isChanged) throw new AppError("conflict", "The run went on in this moment.", { hint: "Look at it again." });
  }

  async function record(
    run: RunRecord,
    kind: string,
    by: string,
    work: (transaction: StoreTransaction) => Promise<void>,
  ): Promise<void> {
    await store.write(async (transaction) => {
      await work(transaction);
      await transaction.audit(
        { kind: `workflow.${kind}`, actor: by, subject: run.id, details: { workflow: run.workflow } },
        now(),
      );
    });
  }

  return {
    async cancel(runId, by) {
      const run = await load(runId, openRunStates, "cancelled");
      const reason = `It was cancelled by ${by}.`;
      await record(run, "cancel-asked", by, async (transaction) => {
        check(
          await transaction.workflows.updateRun(runId, { state: "active", order: "cancel", reason }, openRunStates),
        );
        await transaction.workflows.setDue(runId, 0);
      });
      // The process that runs it hears of it with its next renewal; otherwise whoever takes it finds the order.
      await store.requestStop(runConversation(runId));
      ring(runId);
    },

    async pause(runId, by) {
      const run = await load(runId, ["active"], "paused");
      await record(run, "pause-asked", by, async (transaction) => {
        check(await transaction.workflows.updateRun(runId, { order: "pause" }, ["active"]));
        await transaction.workflows.setDue(runId, 0);
      });
      ring(runId);
    },

    async resume(runId, by) {
      const run = await load(runId, ["paused"], "resumed");
      await record(run, "resumed", by, async (transaction) => {
        check(await transaction.workflows.updateRun(runId, { state: "active", order: "none" }, ["paused"]));
        await transaction.workflows.setDue(runId, 0);
      });
      ring(runId);
    },

    async retry(runId, by, from) {
      const run = await load(runId, endStates, "done again");
      const rows = await store.workflows.steps(runId);
      const reset = pickReset(rows, from);
      let isActive = true;
      await record(run, "retried", by, async (transaction) => {
        const change = { order: "none", endedAt: null, reason: null } as const;
        check(await transaction.workflows.updateRun(runId, change, endStates));
        await transaction.workflows.saveSteps(runId, reset);
        isActive = await transaction.workflows.takeKey(runId);
        await transaction.workflows.setDue(runId, isActive ? 0 : undefined);
      });
      if (isActive) ring(runId);
    },
  };
}
