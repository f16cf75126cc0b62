import { AppError, describeError } from "../../core/errors.ts";
import type { StepRow } from "../../core/workflow-run.ts";
import type { Step } from "../../core/workflow.ts";
import { decideRetry } from "./decide-retry.ts";
import { Halt, StepFailed } from "./halt.ts";
import { runEach } from "./each.ts";
import type { Scope } from "./scope.ts";
import { CutOff, saveDone, type StepContext, type StepResult } from "./step-context.ts";
import { runApprove } from "./steps/approve.ts";
import { runAsk } from "./steps/ask.ts";
import { runSend } from "./steps/send.ts";
import { runSubWorkflow } from "./steps/sub-workflow.ts";
import { runTool } from "./steps/tool.ts";
import { runWait } from "./steps/wait.ts";

/** What a list of steps came to: the output of its last step, or where it rests. */
export type ListResult = { readonly kind: "done"; readonly output: unknown } | Extract<StepResult, { kind: "parked" }>;

/**
 * Goes through steps from the first on: what the journal has is taken from there, what it has not is done. So a run
 * that was cut off anywhere is simply begun again. Throws StepFailed when a step failed for good and nothing says to go
 * on, and Halt when the run is not to go on here.
 */
export async function runSteps(steps: readonly Step[], prefix: string, context: StepContext): Promise<ListResult> {
  let output: unknown = null;
  for (const step of steps) {
    const path = prefix === "" ? step.id : `${prefix}.${step.id}`;
    const result = await runStep(step, path, context);
    if (result.kind === "parked") return result;
    if (result.row.state !== "skipped") ({ output } = result.row);
  }
  return { kind: "done", output };
}

async function runStep(step: Step, path: string, context: StepContext): Promise<StepResult> {
  const { journal, scope, deps } = context;
  const before = journal.row(path);
  const note = (row: StepRow): StepResult => {
    scope.note(step.id, row);
    return { kind: "done", row };
  };
  if (before?.state === "done" || before?.state === "skipped") {
    if (step.kind === "switch" && before.state === "done") noteInner(step, path, context);
    return note(before);
  }
  if (before?.state === "failed" || before?.state === "uncertain") return goOnAfter(step, path, before, context);
  journal.checkGoOn();
  if (before?.state === "retrying" && (before.dueAt ?? 0) > deps.now())
    return { kind: "parked", ...(before.dueAt === undefined ? {} : { dueAt: before.dueAt }) };
  try {
    if ((before === undefined || before.state === "reset") && !isWanted(step, context)) {
      const skipped: StepRow = { ...journal.begin(path, step.kind), state: "skipped", endedAt: deps.now() };
      await journal.save([skipped]);
      return note(skipped);
    }
    const result = await execute(step, path, context);
    return result.kind === "done" ? note(result.row) : result;
  } catch (error) {
    if (error instanceof Halt || (error instanceof AppError && error.code === "lease-lost")) throw error;
    if (context.signal.aborted) throw new Halt("aborted");
    const failed = await recordFailure(step, path, error, context);
    return failed.state === "retrying"
      ? { kind: "parked", ...(failed.dueAt === undefined ? {} : { dueAt: failed.dueAt }) }
      : goOnAfter(step, path, failed, context);
  }
}

function isWanted(step: Step, { expressions, scope }: StepContext): boolean {
  if (step.if === undefined) return true;
  const value = expressions.evaluate(step.if, scope.variables());
  if (typeof value === "boolean") return value;
  throw new AppError("bad-input", "What stands after if must be true or false.", {
    hint: "Compare with something, as in steps.a.output != null.",
  });
}

function execute(step: Step, path: string, context: StepContext): Promise<StepResult> {
  switch (step.kind) {
    case "ask":
      return runAsk(step, path, context);
    case "tool":
      return runTool(step, path, context);
    case "send":
      return runSend(step, path, context);
    case "approve":
      return runApprove(step, path, context);
    case "wait":
      return runWait(step, path, context);
    case "workflow":
      return runSubWorkflow(step, path, context);
    case "switch":
      return runSwitch(step, path, context);
    case "each":
      return runEach(step, path, context, (prefix, scope) => runSteps(step.steps, prefix, { ...context, scope }));
  }
}

async function runSwitch(
  step: Extract<Step, { kind: "switch" }>,
  path: string,
  context: StepContext,
): Promise<StepResult> {
  const { journal, expressions, scope } = context;
  const before = journal.row(path);
  let row = before?.state === "waiting" ? before : journal.begin(path, "switch");
  if (before?.state !== "waiting") {
    const chosen = step.cases.findIndex(({ when }) => {
      const value = expressions.evaluate(when, scope.variables());
      if (typeof value === "boolean") return value;
      throw new AppError("bad-input", "What stands after when must be true or false.");
    });
    row = { ...row, state: "waiting", input: { case: chosen === -1 ? "else" : chosen + 1 } };
    await journal.save([row]);
  }
  const result = await runSteps(chosenSteps(step, row), path, context);
  return result.kind === "parked" ? result : saveDone(context, { ...row, output: result.output });
}

function chosenSteps(step: Extract<Step, { kind: "switch" }>, row: StepRow): readonly Step[] {
  const { case: chosen } = row.input as { readonly case: number | "else" };
  return chosen === "else" ? step.else : (step.cases[chosen - 1]?.steps ?? []);
}

/** The steps of a finished switch are seen by those behind it. */
function noteInner(step: Extract<Step, { kind: "switch" }>, path: string, context: StepContext): void {
  const row = context.journal.row(path);
  if (row === undefined) return;
  for (const inner of chosenSteps(step, row)) {
    const innerRow = context.journal.row(`${path}.${inner.id}`);
    if (innerRow === undefined) continue;
    if (inner.kind === "switch" && innerRow.state === "done") noteInner(inner, `${path}.${inner.id}`, context);
    context.scope.note(inner.id, innerRow);
  }
}

/** Records that an attempt failed, and whether there will be another one. */
async function recordFailure(step: Step, path: string, error: unknown, context: StepContext): Promise<StepRow> {
  const { journal, deps } = context;
  if (!(error instanceof AppError || error instanceof CutOff || error instanceof StepFailed))
    deps.log.error(
      { run: journal.run.id, step: path, error: error instanceof Error ? error.stack : String(error) },
      "A step failed in an unexpected way.",
    );
  const before = journal.row(path);
  const isBegun = before !== undefined && ["started", "waiting"].includes(before.state);
  const row = isBegun ? before : journal.begin(path, step.kind);
  const message = error instanceof StepFailed ? `${error.path}: ${error.message}` : describeError(error);
  const retryInMs = decideRetry(step, row.attempt, error);
  const { dueAt: _dueAt, ...rest } = row;
  const base = { ...rest, error: message.slice(0, 2_000), costMicros: journal.costOf(path) };
  const failed: StepRow =
    retryInMs === undefined
      ? { ...base, state: error instanceof CutOff ? "uncertain" : "failed", endedAt: deps.now() }
      : { ...base, state: "retrying", dueAt: deps.now() + retryInMs };
  await journal.save([failed]);
  return failed;
}

/** What a step says to do about its failure. */
async function goOnAfter(step: Step, path: string, row: StepRow, context: StepContext): Promise<StepResult> {
  context.scope.note(step.id, row);
  if (step.onError === "fail") throw new StepFailed(path, row.error ?? "It failed.");
  if (step.onError === "continue") return { kind: "done", row };
  const result = await runSteps(step.onError, path, context);
  return result.kind === "parked" ? result : { kind: "done", row: { ...row, output: result.output } };
}

export type RunItem = (prefix: string, scope: Scope) => Promise<ListResult>;
