import { call, type Reply } from "../inbox/desk-client.ts";
import type { Run, RunCommand, RunDetail, WorkflowDetail, WorkflowList } from "./board-types.ts";

export function loadWorkflows(): Promise<Reply<WorkflowList>> {
  return call("/api/workflows");
}

export function loadWorkflow(name: string): Promise<Reply<WorkflowDetail>> {
  return call(`/api/workflows/${encodeURIComponent(name)}`);
}

export function startWorkflow(name: string, inputs: Readonly<Record<string, unknown>>): Promise<Reply<Run>> {
  return call(`/api/workflows/${encodeURIComponent(name)}`, { inputs });
}

/** The newest first; with `before`, those older than that run. */
export function loadRuns(before?: string): Promise<Reply<{ readonly runs: readonly Run[] }>> {
  return call(`/api/runs?limit=50${before === undefined ? "" : `&before=${encodeURIComponent(before)}`}`);
}

export function loadRun(id: string): Promise<Reply<RunDetail>> {
  return call(`/api/runs/${encodeURIComponent(id)}`);
}

export function orderRun(id: string, command: RunCommand): Promise<Reply<Run>> {
  return call(`/api/runs/${encodeURIComponent(id)}`, command);
}
