import { showHidden } from "../../core/quote.ts";
import type { Store } from "../../core/store.ts";
import type { RunDetail, RunView, StepView } from "../../core/workflow-board.ts";
import type { RunRecord, StepRow } from "../../core/workflow-run.ts";
import type { Workflow } from "../../core/workflow.ts";
import { describeGraph } from "../../scheduler/graph/nodes.ts";
import { formatGraphSvg } from "../../scheduler/graph/svg.ts";
import { formatGraphText } from "../../scheduler/graph/text.ts";
import { parseWorkflow } from "../../scheduler/language/parse-workflow.ts";
import { attemptId } from "../../scheduler/run/step-context.ts";
import { toApprovalView } from "../desk/desk-views.ts";

const maxSteps = 500;
const maxChars = 4_000;

export function toRunView({ cause, ...run }: RunRecord): RunView {
  const { id, workflow, state, order, reason, createdAt, startedAt, endedAt } = run;
  return {
    id,
    workflow,
    state,
    order,
    cause: cause.kind,
    by: cause.by,
    ...(reason === undefined ? {} : { reason }),
    createdAt,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}

export function toStepView(row: StepRow): StepView {
  const { path, kind, state, attempt, error, costMicros, startedAt, endedAt, dueAt } = row;
  return {
    path,
    kind,
    state,
    attempt,
    input: showValue(row.input),
    output: showValue(row.output),
    ...(error === undefined ? {} : { error }),
    costMicros,
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(dueAt === undefined ? {} : { dueAt }),
  };
}

/** A run with all that is known of it, drawn as the version with which it began. */
export async function loadRunDetail(
  store: Pick<Store, "workflows" | "approvalsOfTurn" | "cdc">,
  run: RunRecord,
  now: number,
): Promise<RunDetail> {
  // Before anything else: what changes while the rest is read is told of afterwards.
  const seq = await store.cdc.lastEvent();
  const [rows, text = ""] = await Promise.all([
    store.workflows.steps(run.id),
    store.workflows.definition(run.definitionHash),
  ]);
  const waiting = rows.filter(({ state }) => state === "waiting");
  const asked = await Promise.all(waiting.map((row) => store.approvalsOfTurn(attemptId(row))));
  const { workflow } = parseWorkflow(run.workflow, text);
  return {
    ...toRunView(run),
    inputs: showValue(run.inputs),
    outputs: showValue(run.outputs),
    steps: rows.slice(0, maxSteps).map(toStepView),
    costMicros: rows.reduce((sum, { costMicros }) => sum + costMicros, 0),
    approvals: asked
      .flat()
      .filter(({ state, expiresAt }) => state === "pending" && expiresAt > now)
      .map(toApprovalView),
    ...draw(workflow, rows),
    seq,
  };
}

function draw(workflow: Workflow | undefined, rows: readonly StepRow[]): Pick<RunDetail, "graphText" | "graphSvg"> {
  if (workflow === undefined) return { graphText: "", graphSvg: "" };
  const graph = describeGraph(workflow, rows);
  return { graphText: formatGraphText(graph).join("\n"), graphSvg: formatGraphSvg(graph) };
}

/** A value for a reader: a text as it is, anything else as JSON; cut where it is long. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
  return text === "{}" ? "" : showHidden(cut(text));
}

function cut(text: string): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars).toWellFormed()}…`;
}
