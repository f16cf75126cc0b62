import type { Workflow } from "../../../src/core/workflow.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createWorkflowTriggers, type WorkflowTriggers } from "../../../src/pipeline/runs/triggers.ts";
import type { Scene } from "../../scheduler/run/scene.ts";

/** The triggers of a service that has these workflows. */
export function createTriggers(scene: Scene, workflows: Iterable<Workflow>): WorkflowTriggers {
  const all = [...workflows];
  return createWorkflowTriggers({
    store: scene.store,
    log: silentLogger,
    now: scene.clock.now,
    owner: () => ({ name: "Ada", timeZone: "UTC" }),
    workflows: () => all,
    start: (request) => scene.runner.start(request),
  });
}
