import type { WorkflowDetail, WorkflowFaultView, WorkflowList, WorkflowView } from "../../core/workflow-board.ts";
import { workflowGroups, type Workflow } from "../../core/workflow.ts";
import { describeGraph, describeTrigger } from "../../scheduler/graph/nodes.ts";
import { formatGraphSvg } from "../../scheduler/graph/svg.ts";
import { formatGraphText } from "../../scheduler/graph/text.ts";
import { nextSlot } from "../../scheduler/triggers/cron.ts";

/** A workflow with what is known of its file. */
export interface KnownWorkflow {
  readonly workflow: Workflow;
  readonly isOwn: boolean;
  readonly isOld: boolean;
}

/** All workflow files as they stand now. */
export interface KnownWorkflows {
  readonly workflows: ReadonlyMap<string, KnownWorkflow>;
  readonly faults: readonly WorkflowFaultView[];
}

export interface Wall {
  readonly now: number;
  /** The owner's. */
  readonly timeZone: string;
}

/** The next times at which a workflow starts by itself, the soonest first: shipped ones never do. */
export function listNextTimes({ workflow, isOwn }: KnownWorkflow, wall: Wall, count: number): readonly number[] {
  if (!isOwn) return [];
  const times = workflow.triggers.flatMap((trigger) =>
    trigger.kind === "cron" ? listSlots(trigger.cron, trigger.timeZone ?? wall.timeZone, wall.now, count) : [],
  );
  return [...new Set(times)].toSorted((a, b) => a - b).slice(0, count);
}

/** The next slots of a pattern after `now`; fewer where it has fewer. */
export function listSlots(cron: string, timeZone: string, now: number, count: number): readonly number[] {
  const times: number[] = [];
  for (let after = now; times.length < count;) {
    const slot = nextSlot(cron, timeZone, after);
    if (slot === undefined) break;
    times.push(slot.at);
    after = slot.at;
  }
  return times;
}

export function toWorkflowView(known: KnownWorkflow, wall: Wall): WorkflowView {
  const { workflow, isOwn, isOld } = known;
  const { name, description, group, inputs, triggers } = workflow;
  const [nextAt] = listNextTimes(known, wall, 1);
  return {
    name,
    description,
    group,
    isOwn,
    isOld,
    inputs: Object.entries(inputs).map(([input, { type, isRequired, default: fallback, description: about }]) => ({
      name: input,
      type,
      isRequired,
      ...(fallback === undefined ? {} : { default: fallback }),
      ...(about === undefined ? {} : { description: about }),
    })),
    triggers: triggers.map(describeTrigger),
    ...(nextAt === undefined ? {} : { nextAt }),
  };
}

/** By group in their own order, then by name. */
export function toWorkflowList({ workflows, faults }: KnownWorkflows, wall: Wall): Omit<WorkflowList, "digests"> {
  const views = [...workflows.values()].map((known) => toWorkflowView(known, wall));
  const place = ({ group }: WorkflowView): number => workflowGroups.indexOf(group);
  return {
    workflows: views.toSorted((a, b) => place(a) - place(b) || a.name.localeCompare(b.name)),
    faults,
    timeZone: wall.timeZone,
  };
}

export function toWorkflowDetail(known: KnownWorkflow, wall: Wall): WorkflowDetail {
  const graph = describeGraph(known.workflow);
  return {
    ...toWorkflowView(known, wall),
    graphText: formatGraphText(graph).join("\n"),
    graphSvg: formatGraphSvg(graph),
    nextTimes: listNextTimes(known, wall, 3),
  };
}
