import type { Effect } from "../../core/tool.ts";
import type { Workflow } from "../../core/workflow.ts";
import { allSteps } from "../../scheduler/language/walk-steps.ts";

/**
 * Does a workflow do what not everybody may have done: ask for a person's word, write to anybody but the owner, use a
 * tool that does more than read, or call a workflow that does? A tool or workflow that nobody knows counts as one. Pure.
 */
export function isGated(
  workflow: Workflow,
  around: { workflow(name: string): Workflow | undefined; effect(tool: string): Effect | undefined },
  seen: ReadonlySet<string> = new Set(),
): boolean {
  const above = new Set([...seen, workflow.name]);
  return allSteps(workflow.steps).some((step) => {
    if (step.kind === "approve") return true;
    if (step.kind === "send") return step.to !== "owner";
    if (step.kind === "tool") return around.effect(step.tool) !== "read";
    if (step.kind !== "workflow") return false;
    const called = around.workflow(step.workflow);
    return called === undefined || above.has(called.name) || isGated(called, around, above);
  });
}
