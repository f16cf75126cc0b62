import type { core } from "zod";
import { pickNearest } from "./nearest.ts";
import { type Fault, formatPath, isPlainName, type Path, type YamlSource } from "./yaml-source.ts";

/**
 * Turns what zod found into faults in plain words with their place in the file. Values are never repeated, except one
 * that is nearly a valid word. Parse with `reportInput: true`. `schema` is the one that was parsed, `prefix` the path at which its input stands.
 */
export function formatIssues(
  issues: readonly core.$ZodIssue[],
  schema: core.$ZodType,
  source: Pick<YamlSource, "locate">,
  prefix: Path = [],
): Fault[] {
  return issues.flatMap((issue) => formatIssue(issue, schema, source, prefix));
}

/** The keys that may stand at a path below a schema; empty where any key may. */
export function listKeys(schema: core.$ZodType, path: Path = []): string[] {
  let found: core.$ZodType[] = unwrap(schema);
  for (const step of path) found = found.flatMap((one) => descend(one, step)).flatMap(unwrap);
  return [...new Set(found.flatMap((one) => Object.keys(shapeOf(one) ?? {})))];
}

/** Every key path of a schema, with "*" for names that the user chooses and "[]" for list entries left out. */
export function listKeyPaths(schema: core.$ZodType, prefix: readonly string[] = []): string[] {
  return unwrap(schema).flatMap((one) => {
    const { def } = one._zod as {
      def: { type: string; valueType?: core.$ZodType; element?: core.$ZodType };
    };
    const shape = shapeOf(one);
    if (shape)
      return Object.entries(shape).flatMap(([key, inner]) => [
        [...prefix, key].join("."),
        ...listKeyPaths(inner, [...prefix, key]),
      ]);
    if (def.type === "record" && def.valueType) return listKeyPaths(def.valueType, [...prefix, "*"]);
    if (def.type === "array" && def.element) return listKeyPaths(def.element, prefix);
    return [];
  });
}

function formatIssue(
  issue: core.$ZodIssue,
  schema: core.$ZodType,
  source: Pick<YamlSource, "locate">,
  prefix: Path,
): Fault[] {
  const inner = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  const path = [...prefix, ...inner];
  const fault = (problem: string, at: Path = path, part: "key" | "value" = "value"): Fault => ({
    ...source.locate(at, part),
    path: formatPath(at),
    problem,
  });

  switch (issue.code) {
    case "unrecognized_keys": {
      const valid = listKeys(schema, inner);
      return issue.keys.map((key) => fault(describeUnknownKey(key, valid), [...path, key], "key"));
    }
    case "invalid_union": {
      const branch = issue.errors.toSorted((a, b) => a.length - b.length)[0];
      if (branch === undefined || branch.length === 0) return [fault("has a form that is not known here.")];
      return formatIssues(branch, schema, source, path);
    }
    case "invalid_key":
      return [fault(ownWords(issue.issues[0]?.message) ?? "is not a valid name.", path, "key")];
    case "invalid_type":
      if (issue.input === undefined) return [fault("is required but not set.")];
      return [fault(ownWords(issue.message) ?? `must be ${describeType(issue.expected, issue.input)}.`)];
    case "invalid_value":
      if (issue.input === undefined)
        return [fault(`is required but not set: ${joinChoices(issue.values.map(String))}.`)];
      return [fault(ownWords(issue.message) ?? describeValue(issue.input, issue.values.map(String)))];
    case "too_small":
      return [
        fault(
          ownWords(issue.message) ?? describeBound("at least", issue.inclusive === false, issue.minimum, issue.origin),
        ),
      ];
    case "too_big":
      return [
        fault(
          ownWords(issue.message) ?? describeBound("at most", issue.inclusive === false, issue.maximum, issue.origin),
        ),
      ];
    case "invalid_format":
      return [fault(ownWords(issue.message) ?? describeFormat(issue.format))];
    default:
      return [fault(ownWords(issue.message) ?? "is not valid.")];
  }
}

/** A message that the schema's author wrote, as opposed to zod's own ones, which speak to programmers. */
function ownWords(message: string | undefined): string | undefined {
  if (message === undefined || /^(Invalid|Too (small|big)|Unrecognized)\b/.test(message)) return undefined;
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

function describeUnknownKey(key: string, valid: readonly string[]): string {
  const nearest = pickNearest(key, valid);
  if (nearest !== undefined) return `is not a known key. Did you mean "${nearest}"?`;
  if (valid.length === 0) return "is not a known key.";
  const problem = isPlainName(key) ? "is not a known key" : 'is not a known key (is a space missing after ":"?)';
  return valid.length > 12 ? `${problem}.` : `${problem}. Known here: ${valid.join(", ")}.`;
}

function describeValue(input: unknown, valid: readonly string[]): string {
  const choices = joinChoices(valid);
  const nearest = typeof input === "string" && input.length < 40 ? pickNearest(input, valid) : undefined;
  if (valid.length > 16)
    return nearest === undefined
      ? "is not one of the known values."
      : `is not a known value. Did you mean "${nearest}"?`;
  return nearest === undefined ? `must be ${choices}.` : `must be ${choices}. Did you mean "${nearest}"?`;
}

function joinChoices(choices: readonly string[]): string {
  return choices.length > 1 ? `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}` : String(choices[0]);
}

function describeType(expected: string, input: unknown): string {
  if (expected === "string" && (typeof input === "number" || typeof input === "boolean"))
    return "text: put it in quotes";
  const words: Readonly<Record<string, string>> = {
    string: "text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    array: "a list",
    object: "a block of keys",
    record: "a block of keys",
  };
  return words[expected] ?? "of another kind";
}

function describeBound(word: string, isExclusive: boolean, limit: number | bigint, origin: string): string {
  if (origin === "string") return Number(limit) === 1 ? "must not be empty." : `must have ${word} ${limit} characters.`;
  if (origin === "array" || origin === "set")
    return `must have ${word} ${limit} ${Number(limit) === 1 ? "entry" : "entries"}.`;
  if (isExclusive) return `must be ${word === "at least" ? "more" : "less"} than ${limit}.`;
  return `must be ${word} ${limit}.`;
}

function describeFormat(format: string): string {
  if (format === "url") return "must be a web address, such as https://example.org.";
  if (format === "email") return "must be a mail address, such as ada@example.org.";
  return "has not the expected form.";
}

interface Definition {
  readonly type: string;
  readonly innerType?: core.$ZodType;
  readonly in?: core.$ZodType;
  readonly options?: readonly core.$ZodType[];
  readonly valueType?: core.$ZodType;
  readonly element?: core.$ZodType;
  readonly left?: core.$ZodType;
  readonly right?: core.$ZodType;
}

function definitionOf(schema: core.$ZodType): Definition {
  return schema._zod.def;
}

/** Looks through optional, default, pipe, union and the like to what lies inside. */
function unwrap(schema: core.$ZodType): core.$ZodType[] {
  const { type, innerType, in: input, options, left, right } = definitionOf(schema);
  const inside = innerType ?? input;
  if (inside !== undefined) return unwrap(inside);
  if (type === "union" && options) return options.flatMap(unwrap);
  if (type === "intersection" && left && right) return [...unwrap(left), ...unwrap(right)];
  return [schema];
}

function shapeOf(schema: core.$ZodType): Readonly<Record<string, core.$ZodType>> | undefined {
  if (definitionOf(schema).type !== "object") return undefined;
  return (schema._zod.def as unknown as { shape: Record<string, core.$ZodType> }).shape;
}

function descend(schema: core.$ZodType, step: string | number): core.$ZodType[] {
  const { type, valueType, element } = definitionOf(schema);
  const inner =
    type === "object"
      ? shapeOf(schema)?.[String(step)]
      : type === "record"
        ? valueType
        : type === "array"
          ? element
          : undefined;
  return inner === undefined ? [] : [inner];
}
