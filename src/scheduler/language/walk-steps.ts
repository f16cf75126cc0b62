import type { Step } from "../../core/workflow.ts";

/** Lists of steps within a step, in the order in which they are written. Pure. */
export function innerLists(step: Step): ReadonlyArray<{ readonly name: string; readonly steps: readonly Step[] }> {
  const onError = Array.isArray(step.onError) ? [{ name: "onError", steps: step.onError as readonly Step[] }] : [];
  if (step.kind === "each") return [{ name: "steps", steps: step.steps }, ...onError];
  if (step.kind !== "switch") return onError;
  const cases = step.cases.map(({ steps }, index) => ({ name: `case ${index + 1}`, steps }));
  return [...cases, ...(step.else.length === 0 ? [] : [{ name: "else", steps: step.else }]), ...onError];
}

/** All steps, outer ones before those within them. Pure. */
export function allSteps(steps: readonly Step[]): readonly Step[] {
  return steps.flatMap((step) => [step, ...innerLists(step).flatMap((list) => allSteps(list.steps))]);
}

/** The step with an id, wherever it stands. Pure. */
export function findStep(steps: readonly Step[], id: string): Step | undefined {
  return allSteps(steps).find((step) => step.id === id);
}
