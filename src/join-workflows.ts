import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/schema.ts";
import type { Logger } from "./core/log.ts";
import type { TakeHook } from "./core/workflow-hook.ts";
import type { Workflow } from "./core/workflow.ts";
import { formatDefinitionFault } from "./definitions/load-personas.ts";
import { loadWorkflows, watchWorkflows, type Workflows } from "./definitions/load-workflows.ts";
import { removeWorkflow } from "./definitions/remove-workflow.ts";
import { saveWorkflow } from "./definitions/save-workflow.ts";
import type { PipelineDeps } from "./pipeline/deps.ts";
import { createBoard } from "./pipeline/runs/board.ts";
import { decideRunCall } from "./pipeline/runs/decide-run-call.ts";
import { createRunAsk } from "./pipeline/runs/ask-persona.ts";
import type { PipelineWorkflows } from "./pipeline/runs/pipeline-workflows.ts";
import { createRunPlaces } from "./pipeline/runs/places.ts";
import { createRunQuestions } from "./pipeline/runs/questions.ts";
import { createHookTaker } from "./pipeline/runs/take-hook.ts";
import { tellOfRuns } from "./pipeline/runs/tell-runs.ts";
import { createWorkflowTriggers, type WorkflowTriggers } from "./pipeline/runs/triggers.ts";
import type { KnownWorkflows } from "./pipeline/runs/workflow-views.ts";
import { workflowLanguage } from "./scheduler/language/index.ts";
import { createWorkflowRunner, type WorkflowRunner } from "./scheduler/run/runner.ts";

/** Where workflow files lie: the shipped ones, then the person's own, which stand before them. */
export function workflowFolders(dataFolder: string): readonly [string, string] {
  return [fileURLToPath(new URL("../workflows", import.meta.url)), join(dataFolder, "workflows")];
}

/** The same for people: which are their own, and faults without the folders around them. */
export function toKnownWorkflows({ workflows, faults }: Workflows, folders: readonly [string, string]): KnownWorkflows {
  const isOwn = (file: string): boolean => file.startsWith(folders[1]);
  return {
    workflows: new Map(
      [...workflows].map(([name, { workflow, file, isOld }]) => [name, { workflow, isOwn: isOwn(file), isOld }]),
    ),
    faults: faults.map(({ file, line, column, path, problem }) => ({
      file: relative(folders[isOwn(file) ? 1 : 0], file),
      line,
      column,
      problem: path === "" ? problem : `${path} ${problem}`,
    })),
  };
}

export interface WorkflowDesk extends PipelineWorkflows {
  readonly takeHook: TakeHook;
  readonly runner: WorkflowRunner;
  readonly triggers: WorkflowTriggers;
  /** As they stand now, with what is wrong with the others. */
  loaded(): Workflows;
}

/** Workflows of a running service: files, triggers, and the engine. */
export async function joinWorkflows(deps: {
  readonly dataFolder: string;
  readonly config: () => Config;
  /** Of the environment; secrets of webhooks are there. */
  readonly variable: (name: string) => string | undefined;
  readonly pipeline: PipelineDeps;
  readonly log: Logger;
  readonly signal: AbortSignal;
}): Promise<WorkflowDesk> {
  const { pipeline, log, signal, config } = deps;
  const { store, queue, now } = pipeline;
  const folders = workflowFolders(deps.dataFolder);
  let loaded = take(await loadWorkflows(folders, workflowLanguage));
  let known = toKnownWorkflows(loaded, folders);
  watchWorkflows(folders, { language: workflowLanguage, loaded, signal, onChange: put });

  function put(next: Workflows): void {
    loaded = take(next);
    known = toKnownWorkflows(loaded, folders);
  }
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
    store: { ...store, ...tellOfRuns(store, now) },
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
  const board = createBoard({
    store,
    now,
    timeZone: () => config().owner.timeZone,
    known: () => known,
    digests: () => config().digests,
    runner,
    effect: (name) => tools().get(name)?.effect,
  });
  const takeHook = createHookTaker({
    workflow: (name) => (known.workflows.get(name)?.isOwn === true ? find(name) : undefined),
    variable: deps.variable,
    owner: () => config().owner,
    now,
    start: (request) => runner.start(request),
    log,
  });
  return {
    runner,
    triggers,
    board,
    takeHook,
    loaded: () => loaded,
    known: () => known,
    start: (request) => runner.start(request),
    async saveOwn(name, text) {
      await saveWorkflow(folders[1], name, text);
      // Not left to the watcher: it is to be there when this is answered.
      put(await loadWorkflows(folders, workflowLanguage, loaded));
    },
    async removeOwn(name, text) {
      await removeWorkflow(folders[1], name, text);
      put(await loadWorkflows(folders, workflowLanguage, loaded));
    },
  };
}

/** Steps name their tools one by one: no persona narrows them. */
const everyTool = { name: "workflow", description: "", instructions: "", replyMode: "auto", maxSteps: 1 } as const;
