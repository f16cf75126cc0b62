import type { ContentPart } from "../core/model.ts";
import type { StepRecord } from "../core/store.ts";

type ToolResult = Extract<ContentPart, { type: "toolResult" }>;

/** Steps in a row that brought nothing new: then the model is told, once in a turn. */
const toldAfter = 2;
/** Then it is stopped. */
const stoppedAfter = 3;
const notice =
  "\n\n[You made this very call before and got this very result. Do not repeat it: answer with what you have, or do something else.]";

/** How long the model has been going in circles at the end of these steps. */
export interface Circle {
  readonly isToBeTold: boolean;
  readonly isToBeStopped: boolean;
  /** Some of the tools it called in its last step. */
  readonly names: readonly string[];
}

/**
 * A step is stale when every call in it was made before in this turn, with the same input, and had the same result.
 * Mail that came in between begins the count anew. Read from the journal alone, so that a resumed turn knows it too.
 */
export function findCircle(steps: readonly StepRecord[]): Circle {
  const results = new Map<string, ToolResult>();
  for (const part of steps.flatMap(({ message }) => message.content))
    if (part.type === "toolResult") results.set(part.id, part);
  const known = new Set<string>();
  let staleSteps = 0;
  let names: readonly string[] = [];
  for (const { message } of steps) {
    if (message.role === "user") staleSteps = 0;
    const calls = message.content.filter((part) => part.type === "toolCall");
    if (message.role !== "assistant" || calls.length === 0 || calls.some(({ id }) => !results.has(id))) continue;
    const keys = calls.map(({ id, name, input }) => {
      const { output, isError } = results.get(id) as ToolResult;
      return JSON.stringify([name, sortFields(input), isError, output.replace(notice, "")]);
    });
    staleSteps = keys.every((key) => known.has(key)) ? staleSteps + 1 : 0;
    for (const key of keys) known.add(key);
    names = [...new Set(calls.map(({ name }) => name.slice(0, 60)))].slice(0, 3);
  }
  const isTold = results.values().some(({ output }) => output.endsWith(notice));
  return { isToBeTold: staleSteps >= toldAfter && !isTold, isToBeStopped: staleSteps >= stoppedAfter, names };
}

/** The results of a stale step, the last of them with a word about it. */
export function addNotice(results: readonly ToolResult[]): readonly ToolResult[] {
  const last = results.at(-1);
  return last === undefined ? results : [...results.slice(0, -1), { ...last, output: last.output + notice }];
}

/** Models write the same object with its fields in any order. */
function sortFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortFields);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, field]) => [name, sortFields(field)]);
}
