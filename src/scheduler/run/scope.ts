import type { RunRecord, StepRow } from "../../core/workflow-run.ts";
import type { Workflow } from "../../core/workflow.ts";
import type { Variables } from "../language/expression.ts";
import { allSteps } from "../language/walk-steps.ts";

/** What expressions see of a step. */
interface StepView {
  readonly output: unknown;
  readonly state: string;
  readonly error: string | null;
}

/** The names that expressions have at one place of a run. */
export interface Scope {
  /** With the time as it is now. */
  variables(): Variables;
  /** What a step came to, for the steps behind it. */
  note(id: string, row: Pick<StepRow, "output" | "state" | "error">): void;
  /** For one item of a list: sees all of this, and its own steps are not seen here. */
  inner(name: string, value: unknown): Scope;
}

const notDone: StepView = { output: null, state: "pending", error: null };

export function createScope(
  run: RunRecord,
  workflow: Workflow,
  owner: { readonly name: string; readonly timeZone: string },
  now: () => number,
): Scope {
  const base = {
    inputs: run.inputs,
    trigger: run.cause.payload,
    run: { id: run.id, workflow: run.workflow, startedAt: new Date(run.startedAt ?? run.createdAt) },
    owner,
  };
  const steps = Object.fromEntries(allSteps(workflow.steps).map(({ id }) => [id, notDone]));
  return nest({}, steps);

  function nest(loops: Readonly<Record<string, unknown>>, known: Record<string, StepView>): Scope {
    return {
      // A new object each time: what was seen before may be kept by who saw it.
      variables: () => ({ ...base, ...loops, steps: { ...known }, now: new Date(now()) }),
      note(id, row) {
        known[id] = { output: row.output ?? null, state: row.state, error: row.error ?? null };
      },
      inner: (name, value) => nest({ ...loops, [name]: value }, { ...known }),
    };
  }
}
