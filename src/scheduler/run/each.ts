import { AppError } from "../../core/errors.ts";
import type { StepRow } from "../../core/workflow-run.ts";
import type { EachStep } from "../../core/workflow.ts";
import { StepFailed } from "./halt.ts";
import type { RunItem } from "./interpret.ts";
import { saveDone, type StepContext, type StepResult } from "./step-context.ts";

const maxItems = 1_000;

/**
 * The same steps for each item of a list, `limit` items at a time. The list is noted when it is first seen, so that
 * a resumed run works on the same one. When an item fails, those under way go on and no other one is begun.
 */
export async function runEach(
  step: EachStep,
  path: string,
  context: StepContext,
  runItem: RunItem,
): Promise<StepResult> {
  const { journal, expressions, scope } = context;
  const before = journal.row(path);
  let row: StepRow;
  if (before?.state === "waiting") row = before;
  else {
    const items = expressions.evaluate(step.list, scope.variables());
    if (!Array.isArray(items)) throw new AppError("bad-input", "What stands after each must be a list.");
    if (items.length > maxItems)
      throw new AppError("too-large", `The list has ${items.length} items; ${maxItems} can be worked on.`, {
        hint: "Take a part of it, such as first(list, 100).",
      });
    row = { ...journal.begin(path, "each"), state: "waiting", input: { items } };
    await journal.save([row]);
  }
  const { items } = row.input as { readonly items: readonly unknown[] };
  const outputs: unknown[] = Array.from({ length: items.length }, () => null);
  const parked: Array<Extract<StepResult, { kind: "parked" }>> = [];
  const failures: unknown[] = [];
  const waiting = items.entries();

  async function workOff(): Promise<void> {
    for (const [index, item] of waiting) {
      if (failures.length > 0) return;
      try {
        const result = await runItem(`${path}[${index}]`, scope.inner(step.as, item));
        if (result.kind === "parked") {
          // It keeps its place among those worked on at a time.
          parked.push(result);
          return;
        }
        outputs[index] = result.output;
      } catch (error) {
        failures.push(error);
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(step.limit, items.length) }, workOff));
  if (failures.length > 0) throw failures.find((error) => !(error instanceof StepFailed)) ?? failures[0];
  return parked.length > 0 ? joinParked(parked) : saveDone(context, { ...row, output: outputs });
}

/** Rests until the first of them can go on. */
function joinParked(parked: ReadonlyArray<Extract<StepResult, { kind: "parked" }>>): StepResult {
  const due = parked.flatMap(({ dueAt }) => dueAt ?? []);
  const checks = parked.flatMap(({ isReady }) => isReady ?? []);
  return {
    kind: "parked",
    ...(due.length === 0 ? {} : { dueAt: Math.min(...due) }),
    ...(checks.length === 0
      ? {}
      : { isReady: async () => (await Promise.all(checks.map((check) => check()))).some(Boolean) }),
  };
}
