import { AppError } from "../../../core/errors.ts";
import { createId } from "../../../core/id.ts";
import { openRunStates, runConversation, type StepRow } from "../../../core/workflow-run.ts";
import type { SubWorkflowStep } from "../../../core/workflow.ts";
import { prepareRun } from "../prepare-run.ts";
import { attemptId, saveDone, type StepContext, type StepResult } from "../step-context.ts";

const maxDepth = 8;

/** Another workflow as a run of its own, begun in the transaction that records so; this one rests until it has ended. */
export async function runSubWorkflow(step: SubWorkflowStep, path: string, context: StepContext): Promise<StepResult> {
  const { journal, deps, expressions, scope } = context;
  const { run } = journal;
  const before = journal.row(path);
  if (before?.state === "waiting") return settle(step, before, context);
  if (run.depth >= maxDepth) throw new AppError("bad-input", `Workflows call each other more than ${maxDepth} deep.`);
  const called = deps.workflow(step.workflow);
  if (called === undefined) throw new AppError("not-found", `There is no workflow "${step.workflow}".`);
  const given = expressions.fill(step.with, scope.variables()) as Readonly<Record<string, unknown>>;
  const row = journal.begin(path, "workflow");
  const child = prepareRun(called, {
    id: createId(deps.now()),
    inputs: given,
    cause: { ...run.cause, kind: "workflow", isOutside: journal.isTainted() },
    parent: { runId: run.id, stepPath: path },
    depth: run.depth + 1,
    dedupKey: `sub:${attemptId(row)}`,
    at: deps.now(),
    owner: deps.ownerInfo(),
  });
  const waiting: StepRow = { ...row, state: "waiting", input: { workflow: called.name, ...given } };
  let replaced: readonly string[] = [];
  await journal.save([waiting], async (transaction) => {
    const created = await transaction.workflows.createRun(child);
    replaced = created.kind === "created" ? created.replaced : [];
  });
  // Bells that are lost, the sweeper rings.
  for (const id of [child.id, ...replaced]) deps.queue.wake(runConversation(id)).catch(() => undefined);
  return settle(step, waiting, context);
}

async function settle(step: SubWorkflowStep, row: StepRow, context: StepContext): Promise<StepResult> {
  const { deps } = context;
  const find = () => deps.store.workflows.runByDedupKey(`sub:${attemptId(row)}`);
  const child = await find();
  if (child === undefined) throw new AppError("not-found", "The run of the other workflow is not there any more.");
  if (child.state === "done") {
    const isOutside =
      child.cause.isOutside || (await deps.store.workflows.steps(child.id)).some((one) => one.isOutside);
    return saveDone(context, { ...row, output: child.outputs ?? {}, isOutside });
  }
  if (!openRunStates.includes(child.state))
    throw new AppError(
      "tool-failed",
      `The workflow ${child.workflow} ${child.state === "failed" ? "failed" : `was ${child.state}`}: ${child.reason ?? "no reason was given"}`,
    );
  const endsAt = step.timeoutMs === undefined ? undefined : row.startedAt + step.timeoutMs;
  if (endsAt !== undefined && endsAt <= deps.now()) {
    await deps.store.write(async (transaction) => {
      await transaction.workflows.updateRun(
        child.id,
        { state: "active", order: "cancel", reason: "It took too long." },
        openRunStates,
      );
      await transaction.workflows.setDue(child.id, 0);
    });
    deps.queue.wake(runConversation(child.id)).catch(() => undefined);
    throw new AppError("timeout", `The workflow ${child.workflow} took longer than ${(step.timeoutMs ?? 0) / 1000} s.`);
  }
  return {
    kind: "parked",
    ...(endsAt === undefined ? {} : { dueAt: endsAt }),
    isReady: async () => !openRunStates.includes((await find())?.state ?? "failed"),
  };
}
