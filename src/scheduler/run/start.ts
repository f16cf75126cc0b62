import { AppError } from "../../core/errors.ts";
import { createId } from "../../core/id.ts";
import type { RunCause, RunRecord } from "../../core/workflow-run.ts";
import type { WorkflowDeps } from "./contracts.ts";
import { prepareRun } from "./prepare-run.ts";

export interface StartRequest {
  readonly workflow: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly cause: RunCause;
  /** The same for the same event: a trigger that fires twice makes one run. */
  readonly dedupKey?: string;
  /** Why it must not run: it is recorded as skipped. */
  readonly refusal?: string;
}

export interface RunStarter {
  /**
   * Begins a run, or finds the one that the same key began; `isNew` tells which. It may be queued or skipped by the
   * workflow's concurrency policy. Throws AppError "not-found" or "bad-input".
   */
  start(request: StartRequest): Promise<{ readonly run: RunRecord; readonly isNew: boolean }>;
}

export function createRunStarter(
  deps: Pick<WorkflowDeps, "store" | "now" | "workflow" | "ownerInfo">,
  ring: (...runIds: readonly string[]) => void,
): RunStarter {
  return {
    async start({ workflow: name, inputs = {}, cause, dedupKey, refusal }) {
      const workflow = deps.workflow(name);
      if (workflow === undefined)
        throw new AppError("not-found", `There is no workflow "${name.slice(0, 60)}".`, {
          hint: "List them with: parlance workflows list.",
        });
      const at = deps.now();
      const run = prepareRun(workflow, {
        id: createId(at),
        inputs,
        cause,
        depth: 0,
        at,
        owner: deps.ownerInfo(),
        ...(dedupKey === undefined ? {} : { dedupKey }),
        ...(refusal === undefined ? {} : { refusal }),
      });
      const created = await deps.store.write(async (transaction) => {
        const made = await transaction.workflows.createRun(run);
        if (made.kind === "created")
          await transaction.audit(
            {
              kind: made.run.state === "skipped" ? "workflow.skipped" : "workflow.started",
              actor: cause.by,
              subject: run.id,
              details: { workflow: name, cause: cause.kind },
            },
            at,
          );
        return made;
      });
      if (created.kind === "known") return { run: created.run, isNew: false };
      if (created.run.state === "active") ring(run.id);
      ring(...created.replaced);
      return { run: created.run, isNew: true };
    },
  };
}
