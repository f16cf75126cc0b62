import type { ApprovalRecord, StoreTransaction } from "../../core/store.ts";
import type { StepRow } from "../../core/workflow-run.ts";
import { attemptId, type StepContext, type StepResult } from "./step-context.ts";

/** How a step's questions stand: answered as far as `approvals` says, or still open. */
export type QuestionState =
  | { readonly kind: "answered"; readonly approvals: readonly ApprovalRecord[] }
  | { readonly kind: "open"; readonly parked: StepResult };

/** Looks at the questions of a waiting step. Those whose time is over count as expired, whether or not that is written. */
export async function readQuestions(context: StepContext, row: StepRow): Promise<QuestionState> {
  const { deps } = context;
  const approvals = (await deps.store.approvalsOfTurn(attemptId(row))).map((approval) =>
    approval.state === "pending" && approval.expiresAt <= deps.now()
      ? { ...approval, state: "expired" as const, answeredBy: "system" }
      : approval,
  );
  const open = approvals.filter(({ state }) => state === "pending");
  if (open.length === 0) return { kind: "answered", approvals };
  return { kind: "open", parked: parkForAnswers(context, row, approvals) };
}

/** Rests until one more of these questions is answered, or the first of them expires. */
export function parkForAnswers({ deps }: StepContext, row: StepRow, approvals: readonly ApprovalRecord[]): StepResult {
  const open = approvals.filter(({ state }) => state === "pending");
  return {
    kind: "parked",
    dueAt: Math.min(...open.map(({ expiresAt }) => expiresAt)),
    isReady: async () =>
      (await deps.store.approvalsOfTurn(attemptId(row))).filter(({ state }) => state === "pending").length <
      open.length,
  };
}

/** Settles questions that nobody needs to answer any more. */
export async function closeQuestions(
  transaction: StoreTransaction,
  approvals: readonly ApprovalRecord[],
): Promise<void> {
  for (const { id } of approvals) await transaction.answerApproval(id, "expired", "system");
}
