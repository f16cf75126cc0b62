import { describeError } from "../core/errors.ts";
import type { Effect } from "../core/tool.ts";
import type { Step, Workflow } from "../core/workflow.ts";
import { describeStep } from "./graph/nodes.ts";
import { createExpressions, type Variables } from "./language/expression.ts";
import { fillInputs } from "./language/typed-inputs.ts";
import { allSteps, innerLists } from "./language/walk-steps.ts";

/** One thing that a run would do. */
export interface PlannedStep {
  /** Ids from the outside in. */
  readonly path: string;
  readonly kind: Step["kind"];
  readonly what: string;
  /** Its input, filled in as far as it can be known; what depends on other steps stays as it is written. */
  readonly input: unknown;
  /** "certain": it would be done; "perhaps": that depends on what steps before it give; "skipped": it would not. */
  readonly isDone: "certain" | "perhaps" | "skipped";
  /** How often, where it is in a list; absent in `perhaps`: as often as the list is long. */
  readonly times?: number;
  readonly effect?: Effect;
  /** A person would be asked before it. */
  readonly asksPerson: boolean;
  /** Of one time. Absent: nothing, or nobody knows. */
  readonly costMicros?: number;
  /** What would be wrong. */
  readonly problem?: string;
}

export interface Simulation {
  readonly steps: readonly PlannedStep[];
  /** Of all that is certain or may be; lists of unknown length count once. */
  readonly maxCostMicros: number;
  /** Is each "ask" estimated, and each list's length known? */
  readonly isCostComplete: boolean;
}

export interface SimulateDeps {
  readonly now: number;
  readonly owner: { readonly name: string; readonly timeZone: string };
  /** Undefined: there is no such tool. */
  tool(name: string): { readonly effect: Effect; readonly asksPerson: boolean } | undefined;
  /** Of one answer of a persona to a prompt; undefined: nobody knows. */
  estimateCost(persona: string, promptChars: number): number | undefined;
}

/**
 * What a run would do, without doing anything. `assumed` gives outputs of steps by id; what depends on others is
 * "perhaps". Throws AppError "bad-input" when the inputs are not right. Pure.
 */
export function simulateWorkflow(
  workflow: Workflow,
  given: {
    readonly inputs?: Readonly<Record<string, unknown>>;
    readonly trigger?: unknown;
    readonly assumed?: Readonly<Record<string, unknown>>;
  },
  deps: SimulateDeps,
): Simulation {
  const expressions = createExpressions();
  const { assumed = {} } = given;
  const base = {
    inputs: fillInputs(workflow, given.inputs ?? {}),
    trigger: given.trigger ?? {},
    owner: deps.owner,
    run: { id: "simulated", workflow: workflow.name, startedAt: new Date(deps.now) },
    now: new Date(deps.now),
  };
  /** Only what is known: an expression over another step has no value. */
  const known: Record<string, unknown> = Object.fromEntries(
    Object.entries(assumed).map(([id, output]) => [id, { output, state: "done", error: null }]),
  );
  const unknown = new Set(
    allSteps(workflow.steps)
      .map(({ id }) => id)
      .filter((id) => !Object.hasOwn(assumed, id)),
  );
  const planned: PlannedStep[] = [];
  let isCostComplete = true;
  walk(workflow.steps, "", {}, "certain", 1);
  const maxCostMicros = planned
    .filter(({ isDone }) => isDone !== "skipped")
    .reduce((sum, step) => sum + (step.costMicros ?? 0) * (step.times ?? 1), 0);
  return { steps: planned, maxCostMicros, isCostComplete };

  function walk(
    steps: readonly Step[],
    prefix: string,
    loops: Variables,
    certainty: "certain" | "perhaps",
    times: number | undefined,
  ): void {
    for (const step of steps) {
      const path = prefix === "" ? step.id : `${prefix}.${step.id}`;
      const wanted = step.if === undefined ? { value: true } : evaluate(step.if, loops);
      const isSkipped = wanted.value === false;
      const isDone = isSkipped ? "skipped" : wanted.value === true ? certainty : "perhaps";
      planned.push({ ...plan(step, path, loops, wanted.problem), isDone, ...(times === undefined ? {} : { times }) });
      if (isSkipped) {
        known[step.id] = { output: null, state: "skipped", error: null };
        unknown.delete(step.id);
        continue;
      }
      walkInner(step, path, loops, isDone === "skipped" ? "perhaps" : isDone, times);
    }
  }

  function plan(step: Step, path: string, loops: Variables, problem: string | undefined): Omit<PlannedStep, "isDone"> {
    const shared = { path, kind: step.kind, what: describeStep(step), asksPerson: step.kind === "approve" };
    const wrong = problem === undefined ? {} : { problem };
    switch (step.kind) {
      case "ask": {
        const prompt = String(fill(step.prompt, loops));
        const costMicros = deps.estimateCost(step.persona, prompt.length);
        if (costMicros === undefined) isCostComplete = false;
        return { ...shared, input: { prompt }, ...(costMicros === undefined ? {} : { costMicros }), ...wrong };
      }
      case "tool": {
        const tool = deps.tool(step.tool);
        const input = fill(step.with, loops);
        if (tool === undefined) return { ...shared, input, problem: `There is no tool "${step.tool}".` };
        return { ...shared, input, effect: tool.effect, asksPerson: tool.asksPerson, ...wrong };
      }
      case "send":
        return {
          ...shared,
          input: { to: fill(step.to, loops), text: fill(step.text, loops) },
          effect: "send",
          ...wrong,
        };
      case "approve":
        return { ...shared, input: { question: fill(step.question, loops), approvers: step.approvers }, ...wrong };
      case "workflow":
        return { ...shared, input: fill(step.with, loops), ...wrong };
      case "wait":
        return {
          ...shared,
          input: step.for === undefined ? { until: step.until } : { for: fill(step.for, loops) },
          ...wrong,
        };
      case "switch":
      case "each":
        return { ...shared, input: null, ...wrong };
    }
  }

  function walkInner(
    step: Step,
    path: string,
    loops: Variables,
    certainty: "certain" | "perhaps",
    times: number | undefined,
  ): void {
    if (step.kind === "switch") return walkSwitch(step, path, loops, certainty, times);
    if (step.kind === "each") {
      const list = evaluate(step.list, loops).value;
      const length = Array.isArray(list) ? list.length : undefined;
      if (length === undefined) isCostComplete = false;
      const all = length === undefined || times === undefined ? undefined : length * times;
      // Shown once: with the only item, or for any of them.
      const inner = Array.isArray(list) && list.length === 1 ? { ...loops, [step.as]: list[0] as unknown } : loops;
      if (length !== 0) walk(step.steps, path, inner, certainty, all);
    }
    for (const { name, steps } of innerLists(step)) if (name === "onError") walk(steps, path, loops, "perhaps", times);
  }

  function walkSwitch(
    step: Extract<Step, { kind: "switch" }>,
    path: string,
    loops: Variables,
    certainty: "certain" | "perhaps",
    times: number | undefined,
  ): void {
    let isOpen = certainty;
    for (const one of step.cases) {
      const { value } = evaluate(one.when, loops);
      if (value === false) continue;
      walk(one.steps, path, loops, value === true ? isOpen : "perhaps", times);
      if (value === true) return;
      isOpen = "perhaps";
    }
    walk(step.else, path, loops, isOpen, times);
  }

  /** No value: it depends on a step that was not done. A problem: it would fail in a run, too. */
  function evaluate(expression: string, loops: Variables): { readonly value?: unknown; readonly problem?: string } {
    if (dependsOnUnknown(expression, loops)) return {};
    try {
      return { value: expressions.evaluate(expression, { ...base, ...loops, steps: { ...known } }) };
    } catch (error) {
      return { problem: describeError(error) };
    }
  }

  function fill(template: unknown, loops: Variables): unknown {
    if (typeof template !== "string") {
      if (Array.isArray(template)) return template.map((item) => fill(item, loops));
      if (typeof template !== "object" || template === null) return template;
      return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, fill(item, loops)]));
    }
    if (dependsOnUnknown(template, loops)) return template;
    try {
      return expressions.fill(template, { ...base, ...loops, steps: { ...known } });
    } catch {
      return template;
    }
  }

  function dependsOnUnknown(text: string, loops: Variables): boolean {
    for (const [, name = ""] of text.matchAll(/\bsteps\.(\w+)/g)) if (unknown.has(name)) return true;
    const names = allSteps(workflow.steps).flatMap((step) => (step.kind === "each" ? [step.as] : []));
    return names.some((name) => !Object.hasOwn(loops, name) && new RegExp(`\\b${name}\\b`).test(text));
  }
}
