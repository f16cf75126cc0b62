import { formatIssues } from "../../core/schema-faults.ts";
import type { InputType, Workflow, WorkflowInput } from "../../core/workflow.ts";
import { type Fault, parseYamlSource } from "../../core/yaml-source.ts";
import { findCronFault } from "../triggers/cron.ts";
import { checkNames } from "./check-names.ts";
import { complain, parseSteps, type Parsing } from "./parse-steps.ts";
import { parseTriggers, type WrittenTrigger } from "./parse-triggers.ts";
import { headSchema } from "./schema.ts";
import { findInputProblem } from "./typed-inputs.ts";
import { allSteps } from "./walk-steps.ts";

const maxSteps = 200;

export type ParsedWorkflow =
  | { readonly workflow: Workflow; readonly faults: readonly [] }
  | { readonly workflow: undefined; readonly faults: readonly Fault[] };

/**
 * Reads a workflow file. Never throws: whatever the text is, faults say where and what to mend. What another file must
 * have (sub-workflows) and what a service must have (tools, personas) is judged elsewhere.
 */
export function parseWorkflow(name: string, text: string): ParsedWorkflow {
  const source = parseYamlSource(text);
  if (source.faults.length > 0) return { workflow: undefined, faults: source.faults };
  const { value } = source;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return failed([
      { line: 1, column: 1, path: "", problem: "must be a block of keys: name, description, group, steps." },
    ]);
  const parsing: Parsing = { source, faults: [], places: new Map() };
  const head = headSchema.safeParse(value, { reportInput: true });
  if (!head.success) parsing.faults.push(...formatIssues(head.error.issues, headSchema, source));
  const raw = value as Readonly<Record<string, unknown>>;
  // Steps are judged too where the head has faults: all of them are reported at once.
  const steps = Array.isArray(raw["steps"]) ? parseSteps(raw["steps"], ["steps"], parsing) : [];
  const triggers = parseTriggers(raw["trigger"], parsing);
  if (allSteps(steps).length > maxSteps) complain(parsing, ["steps"], `must have at most ${maxSteps} steps in all.`);
  if (!head.success) return failed(parsing.faults);
  const { inputs: written = {}, concurrency, outputs = {}, description, group } = head.data;
  if (head.data.name !== name) complain(parsing, ["name"], `must be "${name}", as the file is called.`);
  const inputs = Object.fromEntries(
    Object.entries(written).map(([key, input]) => [key, toInput(input, key, parsing)] as const),
  );
  const workflow: Workflow = {
    name,
    description,
    group,
    inputs,
    triggers: triggers.map(({ trigger }) => trigger),
    ...(concurrency === undefined ? {} : { concurrency }),
    steps,
    outputs,
    text,
  };
  // An expression that names a step with a fault would only be blamed for it.
  if (parsing.faults.length === 0) {
    checkNames(workflow, triggers, parsing);
    checkSchedules(triggers, workflow, parsing);
  }
  return parsing.faults.length === 0 ? { workflow, faults: [] } : failed(parsing.faults);
}

function toInput(
  written: {
    readonly type: InputType;
    readonly default?: unknown;
    readonly required?: boolean;
    readonly description?: string;
  },
  name: string,
  parsing: Parsing,
): WorkflowInput {
  const { type, description } = written;
  const hasDefault = written.default !== undefined;
  if (hasDefault) {
    const problem = findInputProblem(type, written.default);
    if (problem !== undefined) complain(parsing, ["inputs", name, "default"], problem);
    if (written.required === true)
      complain(
        parsing,
        ["inputs", name, "required"],
        "has a default, so it is never missing: leave one of them out.",
        "key",
      );
  }
  return {
    type,
    isRequired: written.required ?? !hasDefault,
    ...(hasDefault ? { default: written.default } : {}),
    ...(description === undefined ? {} : { description }),
  };
}

/** What nobody is asked for must have all that is needed by itself. */
function checkSchedules(triggers: readonly WrittenTrigger[], workflow: Workflow, parsing: Parsing): void {
  const required = Object.entries(workflow.inputs)
    .filter(([, { isRequired }]) => isRequired)
    .map(([name]) => name);
  for (const { trigger, path } of triggers) {
    const given = trigger.kind === "webhook" ? Object.keys(trigger.inputs) : [];
    for (const name of required.filter((one) => !given.includes(one)))
      complain(
        parsing,
        path,
        `starts it without the input "${name}", which is required: give it a default${trigger.kind === "webhook" ? ", or map it under inputs" : ""}.`,
      );
    if (trigger.kind !== "cron") continue;
    const fault = findCronFault(trigger.cron, trigger.timeZone ?? "UTC");
    if (fault !== undefined) complain(parsing, [...path, "cron"], `cannot be kept: ${fault}`);
  }
}

function failed(faults: readonly Fault[]): ParsedWorkflow {
  const sorted = faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return { workflow: undefined, faults: sorted };
}
