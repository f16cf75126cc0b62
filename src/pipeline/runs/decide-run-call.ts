import type { CallVerdict, WorkflowDeps } from "../../scheduler/run/contracts.ts";
import { decideCall } from "../decide-call.ts";
import type { PipelineDeps } from "../deps.ts";

/** May a step call this tool: the policy that holds for a persona's calls, with the authority of whoever set the run off. */
export async function decideRunCall(
  deps: Pick<PipelineDeps, "settings">,
  { run, tool, isTainted, approval }: Parameters<WorkflowDeps["decideCall"]>[0],
): Promise<CallVerdict> {
  return decideCall(approval, {
    effect: tool.effect,
    isTainted,
    safetyMode: deps.settings().safetyMode,
    role: run.cause.role,
  });
}
