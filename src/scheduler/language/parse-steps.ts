import type { z } from "zod";
import { pickNearest } from "../../core/nearest.ts";
import { formatIssues } from "../../core/schema-faults.ts";
import type { Step, StepKind } from "../../core/workflow.ts";
import { type Fault, formatPath, isPlainName, type Path, type YamlSource } from "../../core/yaml-source.ts";
import { stepSchemas } from "./schema.ts";
import { bareExpression } from "./template.ts";

const kinds = Object.keys(stepSchemas) as readonly StepKind[];
/** Steps within steps. */
const maxNesting = 6;

/** What parsing a file has found so far; faults go in where they are found. */
export interface Parsing {
  readonly source: Pick<YamlSource, "locate">;
  readonly faults: Fault[];
  /** Where each step was written, by id. */
  readonly places: Map<string, Path>;
}

export function complain(parsing: Parsing, path: Path, problem: string, part: "key" | "value" = "value"): void {
  parsing.faults.push({ ...parsing.source.locate(path, part), path: formatPath(path), problem });
}

/** Reads a list of steps; those with faults are left out, and the faults noted. */
export function parseSteps(raw: readonly unknown[], path: Path, parsing: Parsing, nesting = 0): readonly Step[] {
  if (nesting > maxNesting) {
    complain(parsing, path, `stands deeper than ${maxNesting} lists of steps within each other.`);
    return [];
  }
  return raw.flatMap((one, index) => parseStep(one, [...path, index], parsing, nesting) ?? []);
}

function parseStep(raw: unknown, path: Path, parsing: Parsing, nesting: number): Step | undefined {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    complain(parsing, path, "must be a step: a block of keys such as id, ask and prompt.");
    return undefined;
  }
  const named = kinds.filter((kind) => Object.hasOwn(raw, kind));
  const [kind, second] = named;
  if (kind === undefined) {
    complain(parsing, path, describeNoKind(Object.keys(raw)));
    return undefined;
  }
  if (second !== undefined) {
    complain(parsing, [...path, second], `stands beside "${kind}": a step does one thing; make it two steps.`, "key");
    return undefined;
  }
  const schema: z.ZodType = stepSchemas[kind];
  const checked = schema.safeParse(raw, { reportInput: true });
  const step = checked.success ? toStep(kind, checked.data, path, parsing, nesting) : undefined;
  if (!checked.success) parsing.faults.push(...formatIssues(checked.error.issues, schema, parsing.source, path));
  noteId(raw, path, parsing);
  return step;
}

function describeNoKind(keys: readonly string[]): string {
  for (const key of keys) {
    const nearest = isPlainName(key) ? pickNearest(key, kinds) : undefined;
    if (nearest !== undefined) return `does not say what to do. Did you mean "${nearest}" where it says "${key}"?`;
  }
  return `does not say what to do: it needs one of ${kinds.slice(0, -1).join(", ")} or ${kinds.at(-1)}.`;
}

function noteId(raw: object, path: Path, parsing: Parsing): void {
  const id = "id" in raw && typeof raw.id === "string" ? raw.id : undefined;
  if (id === undefined) return;
  if (parsing.places.has(id)) complain(parsing, [...path, "id"], `the id "${id}" is taken by another step.`);
  else parsing.places.set(id, path);
}

type Data<Kind extends StepKind> = z.output<(typeof stepSchemas)[Kind]>;
type AnyData = { [Kind in StepKind]: Data<Kind> }[StepKind];

function toStep(kind: StepKind, data: unknown, path: Path, parsing: Parsing, nesting: number): Step {
  const all = data as AnyData;
  const inner = (list: readonly unknown[], ...key: Path) => parseSteps(list, [...path, ...key], parsing, nesting + 1);
  const base = {
    id: all.id,
    ...(all.if === undefined ? {} : { if: bareExpression(all.if) }),
    ...("timeout" in all && all.timeout !== undefined ? { timeoutMs: all.timeout } : {}),
    ...("retry" in all && all.retry !== undefined
      ? { retry: { attempts: all.retry.attempts, backoffMs: all.retry.backoff } }
      : {}),
    onError: Array.isArray(all.onError) ? inner(all.onError, "onError") : (all.onError ?? "fail"),
  } as const;
  switch (kind) {
    case "ask": {
      const { ask, prompt, output, tools } = data as Data<"ask">;
      return {
        ...base,
        kind,
        persona: ask,
        prompt,
        ...(output === undefined ? {} : { output }),
        ...(tools === undefined ? {} : { tools }),
      };
    }
    case "tool": {
      const { tool, with: input, repeatable } = data as Data<"tool">;
      return { ...base, kind, tool, with: input, isRepeatable: repeatable };
    }
    case "send": {
      const { send, text, subject } = data as Data<"send">;
      return { ...base, kind, to: send, text, ...(subject === undefined ? {} : { subject }) };
    }
    case "approve": {
      const { approve, approvers, needs, default: otherwise } = data as Data<"approve">;
      return { ...base, kind, question: approve, approvers, needs, default: otherwise };
    }
    case "switch": {
      const { switch: cases, else: otherwise = [] } = data as Data<"switch">;
      return {
        ...base,
        kind,
        cases: cases.map(({ when, steps }, index) => ({
          when: bareExpression(when),
          steps: inner(steps, "switch", index, "steps"),
        })),
        else: inner(otherwise, "else"),
      };
    }
    case "each": {
      const { each, as, limit, steps } = data as Data<"each">;
      return { ...base, kind, list: bareExpression(each), as, limit, steps: inner(steps, "steps") };
    }
    case "wait": {
      const { wait } = data as Data<"wait">;
      return { ...base, kind, ...(typeof wait === "string" ? { for: wait } : { until: bareExpression(wait.until) }) };
    }
    case "workflow": {
      const { workflow, with: input } = data as Data<"workflow">;
      return { ...base, kind, workflow, with: input };
    }
  }
}
