import { AppError } from "../../../core/errors.ts";
import type { WaitStep } from "../../../core/workflow.ts";
import { parseDuration } from "../../language/duration.ts";
import { saveDone, type StepContext, type StepResult } from "../step-context.ts";

/** How often a condition is looked at again. */
const pollMs = 60_000;

/** Rests for a while, until a time, or until something is so. */
export async function runWait(step: WaitStep, path: string, context: StepContext): Promise<StepResult> {
  const { journal, deps, scope, expressions } = context;
  const before = journal.row(path);
  const isResumed = before?.state === "waiting";
  const row = isResumed ? before : journal.begin(path, "wait");
  if (isResumed && row.dueAt !== undefined && row.dueAt > deps.now()) return { kind: "parked", dueAt: row.dueAt };
  const isFixed = isResumed && (row.input as { readonly at?: number }).at !== undefined;
  if (isFixed) return saveDone(context, row);
  const found = step.for === undefined ? findEnd() : { at: deps.now() + readDuration() };
  if (found === "over") return saveDone(context, row);
  if (found !== "not-yet" && found.at <= deps.now()) return saveDone(context, { ...row, input: found });
  if (step.timeoutMs !== undefined && isResumed && deps.now() >= row.startedAt + step.timeoutMs)
    throw new AppError("timeout", "What was waited for did not come in time.");
  const dueAt = found === "not-yet" ? deps.now() + pollMs : found.at;
  await journal.save([{ ...row, state: "waiting", input: found === "not-yet" ? {} : found, dueAt }]);
  return { kind: "parked", dueAt };

  function readDuration(): number {
    const text = expressions.fillText(step.for ?? "", scope.variables());
    const durationMs = parseDuration(text);
    if (durationMs === undefined)
      throw new AppError("bad-input", `"${text.slice(0, 60)}" is not a duration.`, {
        hint: 'Such as "90s" or "1h30m".',
      });
    return durationMs;
  }

  function findEnd(): "over" | "not-yet" | { readonly at: number } {
    const value = expressions.evaluate(step.until ?? "true", scope.variables());
    if (typeof value === "boolean") return value ? "over" : "not-yet";
    const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(at))
      throw new AppError("bad-input", "What is waited for must be a time, or true or false.", {
        hint: 'Such as timestamp("2026-01-05T09:00:00Z") or now + duration("2h").',
      });
    return { at };
  }
}
