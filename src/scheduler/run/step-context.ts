import { createHash } from "node:crypto";
import { AppError } from "../../core/errors.ts";
import { runConversation, type StepRow } from "../../core/workflow-run.ts";
import type { Expressions } from "../language/expression.ts";
import type { QuestionPlace, WorkflowDeps } from "./contracts.ts";
import type { Journal } from "./journal.ts";
import type { Scope } from "./scope.ts";

/** What the kinds of steps work with. */
export interface StepContext {
  readonly deps: WorkflowDeps;
  readonly journal: Journal;
  readonly expressions: Expressions;
  readonly scope: Scope;
  readonly signal: AbortSignal;
}

/** "parked": nothing can be done before `dueAt`, or before somebody rings; `isReady` looks whether that has happened. */
export type StepResult =
  | { readonly kind: "done"; readonly row: StepRow }
  | { readonly kind: "parked"; readonly dueAt?: number; readonly isReady?: () => Promise<boolean> };

/** Cut off in the middle of an effect: it may have happened, nobody can tell, and it is not tried again. */
export class CutOff extends Error {
  constructor(what: string) {
    super(`${what} It may or may not have taken effect, so it was not done again.`);
    this.name = "CutOff";
  }
}

/** The same in every attempt; another one after a person had a done step done anew. */
export function idempotencyKey(row: StepRow): string {
  return `${row.runId}:${row.path}${row.redo === 0 ? "" : `#${row.redo}`}`;
}

/** Id of the message that a step sends: letters that any platform takes. */
export function outboundId(row: StepRow): string {
  const hash = createHash("sha256").update(idempotencyKey(row)).digest("hex").slice(0, 16);
  return `wf-${row.runId}-${hash}`;
}

/** What the questions of one attempt are found by. */
export function attemptId(row: StepRow): string {
  return `${row.runId}:${row.path}:${row.attempt}.${row.redo}`;
}

export function questionPlace(context: StepContext, row: StepRow, expiresAt: number): QuestionPlace {
  const { run } = context.journal;
  return {
    run,
    stepPath: row.path,
    conversation: runConversation(run.id),
    turnId: attemptId(row),
    expiresAt,
  };
}

/** Saves a step as done, with what belongs into the same transaction. */
export async function saveDone(
  { journal, deps }: StepContext,
  row: StepRow,
  work?: Parameters<Journal["save"]>[1],
): Promise<StepResult> {
  const { dueAt: _dueAt, error: _error, ...rest } = row;
  const done: StepRow = { ...rest, state: "done", endedAt: deps.now() };
  await journal.save([done], work);
  return { kind: "done", row: done };
}

/**
 * Runs work that ends when the run or its time does. Throws AppError "timeout" when the time is over, whatever the
 * work does about it.
 */
export async function withTimeout<T>(
  signal: AbortSignal,
  timeoutMs: number,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(Math.min(timeoutMs, 2_147_483_647));
  const either = AbortSignal.any([signal, timeout]);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = () =>
    reject(
      signal.aborted
        ? new AppError("aborted", "The run was stopped.")
        : new AppError("timeout", `${what} took longer than ${timeoutMs / 1000} s.`),
    );
  if (either.aborted) onAbort();
  either.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work(either), ended]);
  } finally {
    either.removeEventListener("abort", onAbort);
  }
}
