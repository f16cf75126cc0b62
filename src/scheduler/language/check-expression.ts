import type { ASTNode, Environment } from "@marcbachmann/cel-js";
import { pickNearest } from "../../core/nearest.ts";
import { createExpressionEnvironment, refusedFunctions, rootNames } from "./environment.ts";
import { explain, maxExpressionChars } from "./expression.ts";

/** What is known at the place where an expression stands. */
export interface Place {
  readonly roots: ReadonlySet<string>;
  readonly inputs: ReadonlySet<string>;
  /** Steps of the whole workflow, with what to say of those whose output is not there yet; undefined: it is there. */
  readonly steps: ReadonlyMap<string, string | undefined>;
}

const macros = new Set(["map", "filter", "all", "exists", "exists_one"]);
const stepFields = new Set(["output", "state", "error"]);
const runFields = ["id", "startedAt", "workflow"];
const ownerFields = ["name", "timeZone"];
/** Loops within loops. */
const maxLoops = 2;

/** What is wrong with an expression, in words that follow its path; empty: nothing. Never throws. */
export type CheckExpression = (expression: string, place: Place) => readonly string[];

/** For one workflow: its places are few, and making an environment takes longer than judging an expression. */
export function createExpressionChecker(): CheckExpression {
  const environments = new Map<string, Environment>();

  function environmentOf(names: readonly string[]): Environment {
    const key = names.toSorted().join(",");
    const known = environments.get(key);
    if (known !== undefined) return known;
    const made = createExpressionEnvironment(names);
    environments.set(key, made);
    return made;
  }

  return (expression, place) => {
    if (expression.length > maxExpressionChars) return [`must have at most ${maxExpressionChars} characters.`];
    if (expression === "") return ["must not be empty."];
    let ast: ASTNode;
    try {
      ast = environmentOf([]).parse(expression).ast;
    } catch (error) {
      return [`is not a valid expression: ${explain(error)}`];
    }
    const problems = findProblems(ast, place, new Set(), 0);
    if (problems.length > 0) return [...new Set(problems)];
    const checked = environmentOf([...place.roots]).check(expression);
    return checked.valid ? [] : [`is not a valid expression: ${explain(checked.error)}`];
  };
}

function findProblems(node: ASTNode, place: Place, own: ReadonlySet<string>, loops: number): string[] {
  const visit = (child: ASTNode, names = own, depth = loops) => findProblems(child, place, names, depth);
  switch (node.op) {
    case "id":
      return own.has(node.args) || place.roots.has(node.args) ? [] : [unknownName(node.args, [...own, ...place.roots])];
    case ".":
    case ".?":
    case "[]":
    case "[?]": {
      const problem = checkField(node, place, own);
      if (problem !== undefined) return [problem];
      const [object, field] = node.args;
      return [...visit(object), ...(typeof field === "string" ? [] : visit(field))];
    }
    case "call": {
      const [name, args] = node.args;
      return [...refuse(name), ...args.flatMap((child) => visit(child))];
    }
    case "rcall": {
      const [name, receiver, args] = node.args;
      const [variable, ...rest] = args;
      if (!macros.has(name) || variable?.op !== "id" || rest.length === 0)
        return [...refuse(name), ...visit(receiver), ...args.flatMap((child) => visit(child))];
      if (loops === maxLoops) return [`has more than ${maxLoops} loops within each other.`];
      const names = new Set([...own, variable.args]);
      return [...visit(receiver), ...rest.flatMap((child) => visit(child, names, loops + 1))];
    }
    case "value":
      return [];
    default:
      return childrenOf(node.args).flatMap((child) => visit(child));
  }
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return typeof args === "object" && args !== null && "op" in args ? [args as ASTNode] : [];
}

function refuse(name: string): string[] {
  const why = Object.hasOwn(refusedFunctions, name) ? refusedFunctions[name] : undefined;
  return why === undefined ? [] : [`uses ${name}, which is not to be had here. ${why}`];
}

/** What is wrong with `inputs.x`, `steps.x` or `steps.x.y`; of other objects nothing is known before they are there. */
function checkField(node: ASTNode, place: Place, own: ReadonlySet<string>): string | undefined {
  const path = pathOf(node);
  if (path === undefined) return undefined;
  const [root = "", name = "", field, ...rest] = path;
  if (own.has(root)) return undefined;
  if (root === "inputs" && path.length === 2 && place.roots.has(root) && !place.inputs.has(name))
    return unknownOf("input", name, place.inputs);
  if (root === "run" && path.length === 2 && !runFields.includes(name))
    return unknownOf("field of run", name, runFields);
  if (root === "owner" && path.length === 2 && !ownerFields.includes(name))
    return unknownOf("field of owner", name, ownerFields);
  if (root !== "steps" || !place.roots.has(root)) return undefined;
  if (path.length === 2) {
    if (!place.steps.has(name)) return unknownOf("step", name, place.steps.keys());
    const problem = place.steps.get(name);
    return problem === undefined ? undefined : `names the step "${name}", ${problem}`;
  }
  if (path.length === 3 && rest.length === 0 && field !== undefined && !stepFields.has(field))
    return `names "${field}" of a step; there are output, state and error${
      place.steps.has(name) ? `: did you mean steps.${name}.output.${field}?` : "."
    }`;
  return undefined;
}

/** ["steps", "fetch", "output"] of `steps.fetch.output` and `steps["fetch"].output`. */
function pathOf(node: ASTNode): readonly string[] | undefined {
  if (node.op === "id") return [node.args];
  if (node.op !== "." && node.op !== ".?" && node.op !== "[]" && node.op !== "[?]") return undefined;
  const [object, field] = node.args;
  const before = pathOf(object);
  const name = typeof field === "string" ? field : field.op === "value" ? field.args : undefined;
  return before === undefined || typeof name !== "string" ? undefined : [...before, name];
}

function unknownName(name: string, known: readonly string[]): string {
  const nearest = pickNearest(name, known);
  if (nearest !== undefined) return `names "${name}", which is not there. Did you mean "${nearest}"?`;
  const usual = rootNames.filter((root) => known.includes(root));
  return `names "${name}", which is not there; there are ${[...new Set([...usual, ...known])].join(", ")}.`;
}

function unknownOf(what: string, name: string, known: Iterable<string>): string {
  const all = [...known];
  const nearest = pickNearest(name, all);
  if (nearest !== undefined) return `names the ${what} "${name}", which is not there. Did you mean "${nearest}"?`;
  if (all.length === 0) return `names the ${what} "${name}", but there is none.`;
  return `names the ${what} "${name}", which is not there${all.length > 12 ? "." : `; there are ${all.join(", ")}.`}`;
}
