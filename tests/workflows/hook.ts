import type { RunCause } from "../../src/core/workflow-run.ts";
import { decideStart } from "../../src/scheduler/run/decide-start.ts";
import { pickEvent } from "../../src/scheduler/webhooks/pick-event.ts";
import { readShipped } from "./shipped.ts";
import { start } from "./play.ts";
import { timeZone } from "./tools.ts";

/**
 * The cause and inputs that a delivery gives a workflow by its own trigger. Throws when the trigger does not want it.
 * `event`: what GitHub says in its header; others say it in the payload.
 */
export function byHook(
  name: string,
  event: string,
  payload: object,
): { cause: RunCause; inputs: Record<string, unknown> } {
  for (const trigger of readShipped(name).triggers) {
    if (trigger.kind !== "webhook") continue;
    const headers = new Headers({ "x-github-event": event });
    const told = { event: pickEvent(trigger.verify, headers, payload), ...payload };
    const decision = decideStart(trigger, told, { owner: { name: "Ada", timeZone }, now: start });
    if (!decision.isWanted && decision.problem !== undefined) throw new Error(decision.problem);
    if (!decision.isWanted) continue;
    const cause: RunCause = { kind: "webhook", by: "system", role: "owner", payload: told, isOutside: true };
    return { cause, inputs: { ...decision.inputs } };
  }
  throw new Error(`This delivery starts nothing in ${name}.`);
}
