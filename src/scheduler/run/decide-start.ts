import { AppError, describeError } from "../../core/errors.ts";
import type { WorkflowTrigger } from "../../core/workflow-trigger.ts";
import { createExpressions } from "../language/expression.ts";

export type StartDecision =
  | { readonly isWanted: true; readonly inputs: Readonly<Record<string, unknown>> }
  /** `problem`: the condition or the mapping has no value for this payload; worth telling the author. */
  | { readonly isWanted: false; readonly problem?: string };

/**
 * Does what happened start the workflow, and with which inputs: the trigger's `when`, and for webhooks its `inputs`,
 * over `trigger`. That the trigger is meant at all (its event, its sender, its signature) is known before. Never throws.
 */
export function decideStart(
  trigger: WorkflowTrigger,
  payload: unknown,
  around: { readonly owner: { readonly name: string; readonly timeZone: string }; readonly now: number },
): StartDecision {
  const expressions = createExpressions();
  const variables = { trigger: payload, owner: around.owner, now: new Date(around.now) };
  try {
    const when = "when" in trigger && trigger.when !== undefined ? expressions.evaluate(trigger.when, variables) : true;
    if (typeof when !== "boolean") throw new AppError("bad-input", "What stands after when must be true or false.");
    if (!when) return { isWanted: false };
    const inputs = trigger.kind === "webhook" ? expressions.fill(trigger.inputs, variables) : {};
    return { isWanted: true, inputs: inputs as Readonly<Record<string, unknown>> };
  } catch (error) {
    return { isWanted: false, problem: describeError(error) };
  }
}
