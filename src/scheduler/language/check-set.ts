import { checkInput } from "../../core/check-input.ts";
import { pickNearest } from "../../core/nearest.ts";
import type { JsonSchema } from "../../core/workflow-trigger.ts";
import type { Workflow } from "../../core/workflow.ts";
import { type Fault, formatPath, parseYamlSource, type Path } from "../../core/yaml-source.ts";
import { allSteps } from "./walk-steps.ts";

/** What a service has, for checks that a file alone cannot be judged by. Absent: not known, not judged. */
export interface Surroundings {
  readonly personas?: Iterable<string>;
  /** The input's JSON Schema of each tool. */
  readonly tools?: ReadonlyMap<string, JsonSchema>;
  /** Tools that are not among `tools` may be there, too. */
  readonly hasOtherTools?: boolean;
}

/**
 * Judges workflows by each other and by what there is: sub-workflows that are missing, get wrong inputs or lead back
 * to themselves; personas and tools that are missing; tools that get what they do not take. Faults by name of the
 * workflow. Pure.
 */
export function checkWorkflowSet(
  workflows: ReadonlyMap<string, Workflow>,
  around: Surroundings = {},
): ReadonlyMap<string, readonly Fault[]> {
  const personas = around.personas && new Set(around.personas);
  const { tools, hasOtherTools = false } = around;
  const found = new Map<string, Fault[]>();
  for (const workflow of workflows.values()) {
    const problems: Array<{ readonly id: string; readonly key: string; readonly problem: string }> = [];
    for (const step of allSteps(workflow.steps)) {
      const say = (key: string, problem: string) => problems.push({ id: step.id, key, problem });
      if (step.kind === "ask" && personas && !step.persona.includes("{{") && !personas.has(step.persona))
        say("ask", `names the persona "${step.persona}", which is not there.${didYouMean(step.persona, personas)}`);
      if (step.kind === "tool" && tools !== undefined) {
        const schema = tools.get(step.tool);
        const fault = schema && findInputFault(schema, step.with);
        if (fault !== undefined) say("with", `does not fit ${step.tool}: ${fault}`);
        if (schema === undefined && !hasOtherTools)
          say("tool", `names the tool "${step.tool}", which is not there.${didYouMean(step.tool, tools.keys())}`);
      }
      if (step.kind !== "workflow") continue;
      const called = workflows.get(step.workflow);
      if (called === undefined) {
        say(
          "workflow",
          `names the workflow "${step.workflow}", which is not there.${didYouMean(step.workflow, workflows.keys())}`,
        );
        continue;
      }
      const circle = findCircle(workflow.name, step.workflow, workflows);
      if (circle !== undefined) say("workflow", `leads back to itself: ${circle.join(" → ")}.`);
      for (const [name, input] of Object.entries(called.inputs))
        if (input.isRequired && !Object.hasOwn(step.with, name))
          say("workflow", `needs the input "${name}" of ${called.name} under with.`);
      for (const name of Object.keys(step.with))
        if (!Object.hasOwn(called.inputs, name))
          say(
            "with",
            `gives "${name}", which is not an input of ${called.name}.${didYouMean(name, Object.keys(called.inputs))}`,
          );
    }
    if (problems.length > 0) found.set(workflow.name, locate(workflow, problems));
  }
  return found;
}

/** The way from a workflow through one that it calls back to itself. */
function findCircle(
  from: string,
  through: string,
  workflows: ReadonlyMap<string, Workflow>,
): readonly string[] | undefined {
  const seen = new Set<string>();
  function search(name: string, way: readonly string[]): readonly string[] | undefined {
    if (name === from) return [...way, name];
    if (seen.has(name)) return undefined;
    seen.add(name);
    for (const step of allSteps(workflows.get(name)?.steps ?? [])) {
      const found = step.kind === "workflow" ? search(step.workflow, [...way, name]) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return search(through, [from]);
}

/** As far as it can be told before templates are filled in: those may become anything. */
function findInputFault(schema: JsonSchema, input: Readonly<Record<string, unknown>>): string | undefined {
  const open = Object.keys(input).filter((key) => JSON.stringify(input[key]).includes("{{"));
  if (open.length > 0 && Array.isArray(schema["anyOf"])) return undefined;
  const properties = (schema["properties"] ?? {}) as JsonSchema;
  const anything = open.filter((key) => Object.hasOwn(properties, key)).map((key) => [key, {}]);
  return checkInput({ ...schema, properties: { ...properties, ...Object.fromEntries(anything) } }, input);
}

function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = pickNearest(name, known);
  return nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
}

/** Finds the places again in the text: there are seldom any to find. */
function locate(
  workflow: Workflow,
  problems: ReadonlyArray<{ readonly id: string; readonly key: string; readonly problem: string }>,
): Fault[] {
  const source = parseYamlSource(workflow.text);
  return problems.map(({ id, key, problem }) => {
    const path = [...(findPath(source.value, id, []) ?? []), key];
    return { ...source.locate(path, "value"), path: formatPath(path), problem };
  });
}

/** Keys under which there are steps. */
const lists = new Set(["steps", "switch", "else", "onError"]);

function findPath(value: unknown, id: string, path: Path): Path | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if ("id" in value && value.id === id) return path;
  for (const [key, item] of Object.entries(value)) {
    if (!Array.isArray(value) && !lists.has(key)) continue;
    const found = findPath(item, id, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found !== undefined) return found;
  }
  return undefined;
}
