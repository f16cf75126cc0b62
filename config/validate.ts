import { type core, safeParse } from "zod";
import { formatIssues } from "../src/core/schema-faults.ts";
import { type Fault, formatPath, type Path, type YamlSource } from "../src/core/yaml-source.ts";
import type { References } from "./references.ts";

/** A block of keys, as YAML gives it. */
export type Plain = Record<string, unknown>;

/**
 * Asks a schema, after mending what YAML and the environment cannot express: a key without a value is no key, and
 * text from a variable is a number or a truth value where one is wanted.
 */
export function validate<Schema extends core.$ZodType>(
  schema: Schema,
  input: unknown,
  source: YamlSource,
  prefix: Path,
  references: References,
): { readonly value: core.output<Schema> | undefined; readonly faults: readonly Fault[] } {
  const data = structuredClone(input);
  for (let round = 0; ; round++) {
    // Compiled parsers only pay off after many objects.
    const result = safeParse(schema, data, { reportInput: true, jitless: true });
    if (result.success) return { value: result.data, faults: [] };
    const { issues } = result.error;
    const isMended = issues.map((issue) => mend(data, issue, prefix, references)).includes(true);
    if (!isMended || round === 5) return { value: undefined, faults: formatIssues(issues, schema, source, prefix) };
  }
}

function mend(data: unknown, issue: core.$ZodIssue, prefix: Path, references: References): boolean {
  if (issue.code !== "invalid_type" && issue.code !== "invalid_value") return false;
  const key = issue.path.at(-1);
  let parent = data as Plain;
  for (const step of issue.path.slice(0, -1)) parent = parent[String(step)] as Plain;
  if (key === undefined || !isBlock(parent)) return false;
  const value = parent[String(key)];
  const expected = issue.code === "invalid_type" ? issue.expected : "value";
  if (value === null) {
    if (expected === "object" || expected === "record") parent[String(key)] = {};
    else delete parent[String(key)];
    return true;
  }
  if (typeof value !== "string" || !references.used.has(formatPath([...prefix, ...issue.path.map(String)])))
    return false;
  if ((expected === "number" || expected === "int") && /^-?\d+(\.\d+)?$/.test(value))
    parent[String(key)] = Number(value);
  else if (expected === "boolean" && /^(true|false)$/i.test(value))
    parent[String(key)] = value.toLowerCase() === "true";
  else return false;
  return true;
}

export function isBlock(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
