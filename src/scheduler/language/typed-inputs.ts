import { AppError } from "../../core/errors.ts";
import { pickNearest } from "../../core/nearest.ts";
import type { InputType, Workflow } from "../../core/workflow.ts";

const typeWords: Readonly<Record<InputType, string>> = {
  text: "a text",
  number: "a number",
  boolean: "true or false",
  list: "a list",
  object: "a block of keys",
};

/** Why a value is not of a type; undefined: it is. Pure. */
export function findInputProblem(type: InputType, value: unknown): string | undefined {
  const isRight =
    type === "list"
      ? Array.isArray(value)
      : type === "object"
        ? typeof value === "object" && value !== null && !Array.isArray(value)
        : type === "number"
          ? typeof value === "number" && Number.isFinite(value)
          : typeof value === (type === "text" ? "string" : "boolean");
  return isRight ? undefined : `must be ${typeWords[type]}.`;
}

/**
 * The inputs of a run: what was given, with defaults for the rest; an input that is neither is null. Texts given for
 * numbers, booleans, lists and blocks are read as such, for they come from command lines and chats, and the other way. Throws AppError
 * "bad-input" that names all that is wrong.
 */
export function fillInputs(
  workflow: Pick<Workflow, "name" | "inputs">,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const problems: string[] = [];
  const names = Object.keys(workflow.inputs);
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(workflow.inputs, name)) continue;
    const nearest = pickNearest(name, names);
    problems.push(
      `There is no input "${name.slice(0, 60)}"${nearest === undefined ? "." : `; did you mean "${nearest}"?`}`,
    );
  }
  const filled = Object.entries(workflow.inputs).map(([name, input]) => {
    const value = Object.hasOwn(given, name) ? read(input.type, given[name]) : undefined;
    if (value === undefined || value === null) {
      if (input.isRequired) problems.push(`The input "${name}" is required: ${typeWords[input.type]}.`);
      return [name, input.default ?? null] as const;
    }
    const problem = findInputProblem(input.type, value);
    if (problem !== undefined) problems.push(`The input "${name}" ${problem}`);
    return [name, value] as const;
  });
  if (problems.length > 0)
    throw new AppError("bad-input", `The workflow ${workflow.name} cannot start. ${problems.join(" ")}`, {
      hint: names.length === 0 ? "It takes no inputs." : `It takes ${names.join(", ")}.`,
    });
  return Object.fromEntries(filled);
}

function read(type: InputType, value: unknown): unknown {
  if (type === "text") return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  if (typeof value !== "string") return value;
  const text = value.trim();
  if (type === "boolean")
    return text === "true" || text === "yes" ? true : text === "false" || text === "no" ? false : value;
  if (type === "number") return text !== "" && Number.isFinite(Number(text)) ? Number(text) : value;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return type === "list"
      ? text
          .split(",")
          .map((item) => item.trim())
          .filter((item) => item !== "")
      : value;
  }
}
