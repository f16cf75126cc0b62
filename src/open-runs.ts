import type { LoadedConfig } from "../config/load.ts";
import type { WorkflowBoard } from "./core/workflow-board.ts";
import type { StepRow } from "./core/workflow-run.ts";
import { removeWorkflow } from "./definitions/remove-workflow.ts";
import { loadWorkflows } from "./definitions/load-workflows.ts";
import { toKnownWorkflows, workflowFolders } from "./join-workflows.ts";
import { openForCommands } from "./open-store.ts";
import { createBoard } from "./pipeline/runs/board.ts";
import { tellOfRuns } from "./pipeline/runs/tell-runs.ts";
import { removeSaved } from "./pipeline/schedule/saved-workflows.ts";
import { workflowLanguage } from "./scheduler/language/index.ts";
import { createRunOrders } from "./scheduler/run/orders.ts";
import { createRunStarter } from "./scheduler/run/start.ts";

export interface OpenRuns {
  readonly board: WorkflowBoard;
  /** As they are journalled. */
  steps(runId: string): Promise<readonly StepRow[]>;
  /** Takes away what was saved from a chat; resolves with how many runs end by that. Throws AppError like `removeSaved`. */
  removeSaved(name: string, who: { readonly id: string; readonly name: string }): Promise<number>;
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
  let known = toKnownWorkflows(loaded, folders);
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
    async removeSaved(name, who) {
      const saved = {
        board,
        known: () => known,
        async removeOwn(each: string, text: string) {
          await removeWorkflow(folders[1], each, text);
          known = toKnownWorkflows(await loadWorkflows(folders, workflowLanguage), folders);
        },
      };
      const { endedRuns, commit } = await removeSaved(store, saved, name, who, Date.now());
      await store.write(commit);
      return endedRuns;
    },
    isServiceRunning: () => store.hasLiveOwner(),
    close: () => store.close(),
  };
}
