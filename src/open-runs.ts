import type { LoadedConfig } from "../config/load.ts";
import type { WorkflowBoard } from "./core/workflow-board.ts";
import type { StepRow } from "./core/workflow-run.ts";
import { loadWorkflows } from "./definitions/load-workflows.ts";
import { toKnownWorkflows, workflowFolders } from "./join-workflows.ts";
import { openForCommands } from "./open-store.ts";
import { createBoard } from "./pipeline/runs/board.ts";
import { tellOfRuns } from "./pipeline/runs/tell-runs.ts";
import { workflowLanguage } from "./scheduler/language/index.ts";
import { createRunOrders } from "./scheduler/run/orders.ts";
import { createRunStarter } from "./scheduler/run/start.ts";

export interface OpenRuns {
  readonly board: WorkflowBoard;
  /** As they are journalled. */
  steps(runId: string): Promise<readonly StepRow[]>;
  /** Is somebody there to work on what is begun here? */
  isServiceRunning(): Promise<boolean>;
  close(): Promise<void>;
}

/** Runs in the store of a service that may be running: it finds what is begun or ordered here within seconds. */
export async function openRuns(configured: LoadedConfig): Promise<OpenRuns> {
  const { config, dataFolder } = configured;
  const folders = workflowFolders(dataFolder);
  const store = await openForCommands(configured);
  const loaded = await loadWorkflows(folders, workflowLanguage);
  const known = toKnownWorkflows(loaded, folders);
  const deps = {
    store: { ...store, ...tellOfRuns(store, Date.now) },
    now: Date.now,
    workflow: (name: string) => known.workflows.get(name)?.workflow,
    ownerInfo: () => config.owner,
  };
  /** The sweeper of the service looks for what is due. */
  const ring = (): void => undefined;
  const board = createBoard({
    store,
    now: Date.now,
    timeZone: () => config.owner.timeZone,
    known: () => known,
    digests: () => config.digests,
    runner: { ...createRunStarter(deps, ring), ...createRunOrders(deps, ring) },
    effect: () => undefined,
  });
  return {
    board,
    steps: (runId) => store.workflows.steps(runId),
    isServiceRunning: () => store.hasLiveOwner(),
    close: () => store.close(),
  };
}
