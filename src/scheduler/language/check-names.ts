import type { Step, Workflow } from "../../core/workflow.ts";
import type { Path } from "../../core/yaml-source.ts";
import { createExpressionChecker, type Place } from "./check-expression.ts";
import { complain, type Parsing } from "./parse-steps.ts";
import type { WrittenTrigger } from "./parse-triggers.ts";
import { parseTemplate } from "./template.ts";
import { allSteps } from "./walk-steps.ts";

const always = ["inputs", "steps", "trigger", "run", "owner", "now"];
const comesLater = "which comes later.";

/** Judges every expression of a workflow by the names that are known where it stands. Notes faults. */
export function checkNames(
  workflow: Pick<Workflow, "inputs" | "steps" | "outputs" | "concurrency">,
  triggers: readonly WrittenTrigger[],
  parsing: Parsing,
): void {
  const findProblems = createExpressionChecker();
  const inputs = new Set(Object.keys(workflow.inputs));
  const known = new Map<string, string | undefined>(allSteps(workflow.steps).map(({ id }) => [id, comesLater]));
  checkList(workflow.steps, new Set(always), known);
  checkTemplates(workflow.outputs, ["outputs"], { roots: new Set(always), inputs, steps: known });
  const early: Place = { roots: new Set(["trigger", "owner", "now"]), inputs, steps: new Map() };
  for (const { trigger, path } of triggers) {
    if (trigger.kind === "webhook") {
      check(trigger.when, [...path, "webhook", "when"], early);
      checkTemplates(trigger.inputs, [...path, "webhook", "inputs"], early);
      for (const name of Object.keys(trigger.inputs))
        if (!inputs.has(name))
          complain(parsing, [...path, "webhook", "inputs", name], "is not an input of this workflow.", "key");
    }
    if (trigger.kind === "event") check(trigger.when, [...path, "when"], early);
  }
  const atStart = { ...early, roots: new Set([...early.roots, "inputs"]) };
  checkTemplates(workflow.concurrency?.key, ["concurrency", "key"], atStart);

  function check(expression: string | undefined, path: Path, place: Place): void {
    if (expression === undefined) return;
    for (const problem of findProblems(expression, place)) complain(parsing, path, problem);
  }

  function checkTemplates(value: unknown, path: Path, place: Place): void {
    if (typeof value === "string") {
      const { parts, problem } = parseTemplate(value);
      if (problem !== undefined) complain(parsing, path, problem);
      for (const part of parts ?? []) if (part.kind === "expression") check(part.text, path, place);
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) checkTemplates(item, [...path, index], place);
    } else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) checkTemplates(item, [...path, key], place);
    }
  }

  /** `steps` tells for each step what to say of it here; what is there after the list is changed in it. */
  function checkList(list: readonly Step[], roots: ReadonlySet<string>, steps: Map<string, string | undefined>): void {
    for (const step of list) {
      const path = parsing.places.get(step.id) ?? ["steps"];
      const place: Place = { roots, inputs, steps };
      check(step.if, [...path, "if"], place);
      checkOwn(step, path, place);
      checkInner(step, path, roots, steps);
      steps.set(step.id, undefined);
      // What to do about an error may look at it.
      if (Array.isArray(step.onError)) checkList(step.onError as readonly Step[], roots, steps);
    }
  }

  function checkOwn(step: Step, path: Path, place: Place): void {
    switch (step.kind) {
      case "ask":
        return checkTemplates({ ask: step.persona, prompt: step.prompt }, path, place);
      case "tool":
      case "workflow":
        return checkTemplates({ with: step.with }, path, place);
      case "send":
        return checkTemplates({ send: step.to, text: step.text, subject: step.subject }, path, place);
      case "approve":
        return checkTemplates({ approve: step.question, approvers: step.approvers }, path, place);
      case "switch":
        return step.cases.forEach(({ when }, index) => check(when, [...path, "switch", index, "when"], place));
      case "each":
        return check(step.list, [...path, "each"], place);
      case "wait":
        check(step.until, [...path, "wait", "until"], place);
        return checkTemplates(step.for, [...path, "wait"], place);
    }
  }

  function checkInner(
    step: Step,
    path: Path,
    roots: ReadonlySet<string>,
    steps: Map<string, string | undefined>,
  ): void {
    if (step.kind === "each") {
      if (roots.has(step.as)) complain(parsing, [...path, "as"], `"${step.as}" is taken by the list around it.`);
      checkList(step.steps, new Set([...roots, step.as]), steps);
      for (const { id } of allSteps(step.steps))
        steps.set(id, `which is done once for each item: use steps.${step.id}.output, a list.`);
    }
    if (step.kind !== "switch") return;
    const branches = [...step.cases.map((one) => one.steps), step.else];
    const inside = branches.flatMap((branch) => allSteps(branch).map(({ id }) => id));
    for (const branch of branches) {
      checkList(branch, roots, steps);
      for (const { id } of allSteps(branch)) steps.set(id, "which is done in another case only.");
    }
    // After the switch they are there, with null for those that were not done.
    for (const id of inside) steps.set(id, undefined);
  }
}
