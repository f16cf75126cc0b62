import { createHash } from "node:crypto";
import type { NewRun, RunCause } from "../../core/workflow-run.ts";
import type { Workflow } from "../../core/workflow.ts";
import { createExpressions } from "../language/expression.ts";
import { fillInputs } from "../language/typed-inputs.ts";

export interface RunRequest {
  readonly id: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly cause: RunCause;
  readonly parent?: { readonly runId: string; readonly stepPath: string };
  readonly depth: number;
  readonly dedupKey?: string;
  readonly refusal?: string;
  readonly at: number;
  readonly owner: { readonly name: string; readonly timeZone: string };
}

/** A run as it is to be stored. Throws AppError "bad-input" when its inputs, or the key that they make, are not right. */
export function prepareRun(workflow: Workflow, request: RunRequest): NewRun {
  const { id, cause, parent, depth, dedupKey, refusal, at, owner } = request;
  const inputs = fillInputs(workflow, request.inputs);
  const { concurrency } = workflow;
  const variables = { inputs, trigger: cause.payload, owner, now: new Date(at) };
  const key =
    concurrency?.key === undefined ? "" : createExpressions().fillText(concurrency.key, variables).slice(0, 500);
  return {
    id,
    workflow: workflow.name,
    definitionHash: hashDefinition(workflow.text),
    definitionText: workflow.text,
    cause,
    inputs,
    depth,
    createdAt: at,
    ...(parent === undefined ? {} : { parent }),
    ...(dedupKey === undefined ? {} : { dedupKey }),
    ...(refusal === undefined ? {} : { refusal }),
    ...(concurrency === undefined ? {} : { policy: concurrency.policy, concurrencyKey: `${workflow.name}/${key}` }),
  };
}

/** What tells versions of a file apart. */
export function hashDefinition(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
