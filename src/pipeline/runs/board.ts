import { AppError } from "../../core/errors.ts";
import { pickNearest } from "../../core/nearest.ts";
import type { Store } from "../../core/store.ts";
import type { Effect } from "../../core/tool.ts";
import type { RunCommand, WorkflowBoard } from "../../core/workflow-board.ts";
import { openRunStates, type RunRecord, type RunState } from "../../core/workflow-run.ts";
import type { RunOrders } from "../../scheduler/run/orders.ts";
import type { RunStarter } from "../../scheduler/run/start.ts";
import { hasRole } from "../commands/command.ts";
import { listDigestTimes, type Digests } from "./digest-times.ts";
import { isGated } from "./gated.ts";
import { loadRunDetail, toRunView } from "./run-views.ts";
import { toWorkflowDetail, toWorkflowList, type KnownWorkflows, type Wall } from "./workflow-views.ts";

export interface BoardDeps {
  readonly store: Pick<Store, "workflows" | "approvalsOfTurn" | "cdc">;
  readonly now: () => number;
  /** The owner's. */
  readonly timeZone: () => string;
  readonly known: () => KnownWorkflows;
  readonly digests: () => Digests;
  readonly runner: RunStarter & RunOrders;
  /** Undefined: there is no such tool. */
  readonly effect: (tool: string) => Effect | undefined;
}

const endStates: readonly RunState[] = ["done", "failed", "cancelled", "skipped"];

/** Workflows and their runs for people, over the store and the engine. */
export function createBoard(deps: BoardDeps): WorkflowBoard {
  const { store, runner } = deps;
  const wall = (): Wall => ({ now: deps.now(), timeZone: deps.timeZone() });

  async function load(id: string): Promise<RunRecord> {
    const run = await store.workflows.run(id);
    if (run === undefined) throw new AppError("not-found", `There is no run "${id.slice(0, 40)}".`);
    return run;
  }

  function find(name: string) {
    const { workflows } = deps.known();
    const found = workflows.get(name);
    if (found !== undefined) return found;
    const nearest = pickNearest(name, workflows.keys());
    const hint = nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` };
    throw new AppError("not-found", `There is no workflow "${name.slice(0, 60)}".`, hint);
  }

  return {
    list: async () => ({ ...toWorkflowList(deps.known(), wall()), digests: listDigestTimes(deps.digests(), wall()) }),
    async workflow(name) {
      const found = deps.known().workflows.get(name);
      return found && toWorkflowDetail(found, wall());
    },
    async start(name, inputs, who, origin) {
      const { workflow } = find(name);
      const around = {
        workflow: (called: string) => deps.known().workflows.get(called)?.workflow,
        effect: deps.effect,
      };
      if (!hasRole(who.role, "admin") && isGated(workflow, around))
        throw new AppError("forbidden", `${name} does things that only an owner or admin may start.`);
      const { payload = {}, ...key } = origin ?? {};
      const cause = { kind: "manual", by: who.id, role: who.role, payload, isOutside: false } as const;
      const { run } = await runner.start({ workflow: name, inputs, cause, ...key });
      return toRunView(run);
    },
    async runs({ workflow, states, beforeId, limit }) {
      const filter = {
        ...(workflow === undefined ? {} : { workflow }),
        ...(states === undefined ? {} : { states: states === "open" ? openRunStates : endStates }),
        ...(beforeId === undefined ? {} : { beforeId }),
      };
      return (await store.workflows.runs(filter, limit)).map(toRunView);
    },
    async run(id) {
      const run = await store.workflows.run(id);
      return run && loadRunDetail(store, run, deps.now());
    },
    async order(id, command, who, from) {
      await carryOut(runner, command, id, who.id, from);
      return toRunView(await load(id));
    },
  };
}

function carryOut(runner: RunOrders, command: RunCommand, id: string, by: string, from?: string): Promise<void> {
  switch (command) {
    case "cancel":
      return runner.cancel(id, by);
    case "pause":
      return runner.pause(id, by);
    case "resume":
      return runner.resume(id, by);
    case "retry":
      return runner.retry(id, by, from);
  }
}
