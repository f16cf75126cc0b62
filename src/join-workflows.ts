import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/schema.ts";
import type { Logger } from "./core/log.ts";
import type { Workflow } from "./core/workflow.ts";
import { formatDefinitionFault } from "./definitions/load-personas.ts";
import { loadWorkflows, watchWorkflows, type Workflows } from "./definitions/load-workflows.ts";
import type { PipelineDeps } from "./pipeline/deps.ts";
import { decideRunCall } from "./pipeline/runs/decide-run-call.ts";
import { createRunAsk } from "./pipeline/runs/ask-persona.ts";
import { createRunPlaces } from "./pipeline/runs/places.ts";
import { createRunQuestions } from "./pipeline/runs/questions.ts";
import { createWorkflowTriggers, type WorkflowTriggers } from "./pipeline/runs/triggers.ts";
import { workflowLanguage } from "./scheduler/language/index.ts";
import { createWorkflowRunner, type WorkflowRunner } from "./scheduler/run/runner.ts";

/** Where workflow files lie: the shipped ones, then the person's own, which stand before them. */
export function workflowFolders(dataFolder: string): readonly [string, string] {
  return [fileURLToPath(new URL("../workflows", import.meta.url)), join(dataFolder, "workflows")];
}

export interface WorkflowDesk {
  readonly runner: WorkflowRunner;
  readonly triggers: WorkflowTriggers;
  /** As they stand now, with what is wrong with the others. */
  loaded(): Workflows;
}

/** Workflows of a running service: files, triggers, and the engine. */
export async function joinWorkflows(deps: {
  readonly dataFolder: string;
  readonly config: () => Config;
  readonly pipeline: PipelineDeps;
  readonly log: Logger;
  readonly signal: AbortSignal;
}): Promise<WorkflowDesk> {
  const { pipeline, log, signal, config } = deps;
  const { store, queue, now } = pipeline;
  const folders = workflowFolders(deps.dataFolder);
  let loaded = take(await loadWorkflows(folders, workflowLanguage));
  watchWorkflows(folders, { language: workflowLanguage, loaded, signal, onChange: (next) => (loaded = take(next)) });

  function take(next: Workflows): Workflows {
    for (const fault of next.faults) log.warn({}, `A workflow has a fault: ${formatDefinitionFault(fault)}`);
    return next;
  }
  const find = (name: string): Workflow | undefined => loaded.workflows.get(name)?.workflow;
  /** The shipped ones are there to be run by hand or copied: nothing starts by itself that nobody asked for. */
  const listOwn = (): readonly Workflow[] =>
    [...loaded.workflows.values()].flatMap(({ workflow, file }) => (file.startsWith(folders[1]) ? [workflow] : []));
  const tools = () => new Map(pipeline.tools(everyTool).map((tool) => [tool.name, tool] as const));
  const places = createRunPlaces(pipeline);

  const runner = createWorkflowRunner({
    store,
    queue,
    log,
    now,
    owner: pipeline.owner,
    leaseMs: pipeline.leaseMs,
    hold(lease, shutdown) {
      const turn = pipeline.activeTurns.begin(lease.conversation, lease.fence, shutdown);
      return { signal: turn.signal, reason: turn.reason, end: () => pipeline.activeTurns.end(turn) };
    },
    workflow: find,
    ownerInfo: () => config().owner,
    tool: (name) => tools().get(name),
    decideCall: (call) => decideRunCall(pipeline, call),
    ...createRunQuestions(pipeline),
    ...places,
    ask: createRunAsk(pipeline, places.toolPlace),
    sendNow: (messages) => pipeline.deliverer.sendNow(messages, false),
  });
  const triggers = createWorkflowTriggers({
    store,
    log,
    now,
    owner: () => config().owner,
    workflows: listOwn,
    start: (request) => runner.start(request),
  });
  return { runner, triggers, loaded: () => loaded };
}

/** Steps name their tools one by one: no persona narrows them. */
const everyTool = { name: "workflow", description: "", instructions: "", replyMode: "auto", maxSteps: 1 } as const;
