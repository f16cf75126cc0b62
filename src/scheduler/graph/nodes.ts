import type { StepRow, StepState } from "../../core/workflow-run.ts";
import type { Step, Workflow } from "../../core/workflow.ts";
import type { WorkflowTrigger } from "../../core/workflow-trigger.ts";
import { formatDuration } from "../language/duration.ts";
import { innerLists } from "../language/walk-steps.ts";

/** How a step stands in a picture: "pending" has not begun. */
export type NodeState = StepState | "pending";

/** One letter for each. */
export const stateMarks: Readonly<Record<NodeState, string>> = {
  pending: "○",
  started: "◐",
  waiting: "◌",
  retrying: "↻",
  done: "✔",
  skipped: "–",
  failed: "✖",
  uncertain: "?",
  reset: "○",
};

/** A step in a picture, with the lists of steps within it. */
export interface GraphNode {
  readonly id: string;
  readonly kind: Step["kind"];
  /** What it does, in a few words. */
  readonly label: string;
  readonly condition?: string;
  readonly state: NodeState;
  /** Of a step within a list: how many of its items are done, of how many begun. */
  readonly count?: { readonly done: number; readonly all: number };
  readonly lists: ReadonlyArray<{ readonly name: string; readonly nodes: readonly GraphNode[] }>;
}

export interface Graph {
  readonly name: string;
  readonly description: string;
  readonly triggers: readonly string[];
  readonly nodes: readonly GraphNode[];
}

/** What a picture of a workflow shows; with the rows of a run, how far it has come. Pure. */
export function describeGraph(workflow: Workflow, rows: readonly StepRow[] = []): Graph {
  const byId = new Map<string, StepRow[]>();
  for (const row of rows) {
    const id = row.path.slice(row.path.lastIndexOf(".") + 1);
    byId.set(id, [...(byId.get(id) ?? []), row]);
  }
  const { name, description } = workflow;
  const triggers = workflow.triggers.map(describeTrigger);
  return {
    name,
    description,
    triggers: triggers.length === 0 ? ["by hand"] : triggers,
    nodes: toNodes(workflow.steps),
  };

  function toNodes(steps: readonly Step[], isInList = false): readonly GraphNode[] {
    return steps.map((step) => {
      const own = byId.get(step.id) ?? [];
      return {
        id: step.id,
        kind: step.kind,
        label: describeStep(step),
        ...(step.if === undefined ? {} : { condition: step.if }),
        state: joinStates(own),
        ...(isInList && own.length > 0
          ? { count: { done: own.filter(({ state }) => state === "done").length, all: own.length } }
          : {}),
        lists: innerLists(step).map((list) => ({
          name: nameList(step, list.name),
          nodes: toNodes(list.steps, isInList || step.kind === "each"),
        })),
      };
    });
  }
}

/** Of several items, the state that a person has to know about first. */
function joinStates(rows: readonly StepRow[]): NodeState {
  const order: readonly StepState[] = [
    "uncertain",
    "failed",
    "waiting",
    "retrying",
    "started",
    "reset",
    "done",
    "skipped",
  ];
  return order.find((state) => rows.some((row) => row.state === state)) ?? "pending";
}

function nameList(step: Step, name: string): string {
  if (step.kind === "each" && name === "steps") return `for each ${step.as}`;
  if (name === "onError") return "on error";
  const index = /^case (\d+)$/.exec(name)?.[1];
  return step.kind === "switch" && index !== undefined ? `when ${step.cases[Number(index) - 1]?.when ?? ""}` : name;
}

/** "asks general", "sends to owner": what a step does. Pure. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case "ask":
      return `asks ${step.persona}`;
    case "tool":
      return `calls ${step.tool}`;
    case "send":
      return `sends to ${typeof step.to === "string" ? step.to : `${step.to.channel}/${step.to.chat}`}`;
    case "approve":
      return `waits for ${step.needs === 1 ? "" : `${step.needs} of `}${step.approvers.join(", ")}`;
    case "switch":
      return "chooses";
    case "each":
      return `goes through ${step.list}${step.limit === 1 ? "" : `, ${step.limit} at a time`}`;
    case "wait":
      return step.for === undefined ? `waits until ${step.until ?? ""}` : `waits ${step.for}`;
    case "workflow":
      return `runs ${step.workflow}`;
  }
}

/** Pure. */
export function describeTrigger(trigger: WorkflowTrigger): string {
  switch (trigger.kind) {
    case "cron":
      return `at ${trigger.cron}${trigger.timeZone === undefined ? "" : ` (${trigger.timeZone})`}`;
    case "message":
      return `on a message like ${trigger.pattern}${trigger.channel === undefined ? "" : ` in ${trigger.channel}`}`;
    case "webhook":
      return `on a webhook of ${trigger.verify}${trigger.when === undefined ? "" : ` when ${trigger.when}`}`;
    case "event":
      return `on ${trigger.event}${trigger.when === undefined ? "" : ` when ${trigger.when}`}`;
  }
}

/** "1m 30s, 0.002 $" of the rows of one step, for the side of a picture. Pure. */
export function describeUse(rows: readonly StepRow[]): string {
  const spent = rows.reduce((sum, row) => sum + row.costMicros, 0);
  const times = rows.map((row) => (row.endedAt ?? row.startedAt) - row.startedAt);
  const time = formatDuration(Math.max(0, ...times));
  return spent === 0 ? time : `${time}, ${(spent / 1_000_000).toFixed(4)} $`;
}
