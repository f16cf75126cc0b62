import { AppError } from "../../../core/errors.ts";
import type { ApprovalRecord } from "../../../core/store.ts";
import type { StepRow } from "../../../core/workflow-run.ts";
import type { ApproveStep } from "../../../core/workflow.ts";
import { decideGate } from "../gate.ts";
import { closeQuestions, parkForAnswers } from "../open-questions.ts";
import { attemptId, questionPlace, saveDone, type StepContext, type StepResult } from "../step-context.ts";

const defaultTimeoutMs = 86_400_000;

/** A gate: the run goes on when enough of the right people agree, or by its default when their time is over. */
export async function runApprove(step: ApproveStep, path: string, context: StepContext): Promise<StepResult> {
  const { deps, journal, expressions, scope } = context;
  const before = journal.row(path);
  if (before?.state === "waiting") return settle(step, before, context);
  const variables = scope.variables();
  const row = journal.begin(path, "approve");
  const approvers = step.approvers.map((approver) => expressions.fillText(approver, variables));
  const question = expressions.fillText(step.question, variables);
  const expiresAt = deps.now() + (step.timeoutMs ?? defaultTimeoutMs);
  const questions = await deps.askApprovers(questionPlace(context, row, expiresAt), { question, approvers, step });
  const waiting: StepRow = { ...row, state: "waiting", input: { question, approvers }, dueAt: expiresAt };
  await journal.save([waiting], (transaction) => questions.save(transaction));
  deps.sendNow(questions.cards);
  return settle(step, waiting, context, questions.approvals);
}

async function settle(
  step: ApproveStep,
  row: StepRow,
  context: StepContext,
  asked?: readonly ApprovalRecord[],
): Promise<StepResult> {
  const { deps } = context;
  const approvals = asked ?? (await deps.store.approvalsOfTurn(attemptId(row)));
  const decision = decideGate(approvals, {
    needs: step.needs,
    default: step.default,
    isTimeOver: (row.dueAt ?? 0) <= deps.now(),
  });
  if (decision.verdict === "wait") return parkForAnswers(context, row, approvals);
  const left = approvals.filter(({ state }) => state === "pending");
  if (decision.verdict === "approved") {
    const output = { isApproved: true, by: decision.by, isDefault: decision.isDefault };
    return saveDone(context, { ...row, output }, (transaction) => closeQuestions(transaction, left));
  }
  await context.journal.save(
    [{ ...row, output: { isApproved: false, by: decision.by, isDefault: decision.isDefault } }],
    (transaction) => closeQuestions(transaction, left),
  );
  throw new AppError("forbidden", decision.reason);
}
