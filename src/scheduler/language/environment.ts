import { Environment } from "@marcbachmann/cel-js";
import { createBudget, weigh, weighJoined, type Budget } from "./budget.ts";
import { checkSize, fromCel, textOf, toCel } from "./values.ts";

/** What expressions may name. `variables` are the roots of this place; all of them may be anything. */
export const rootNames = ["inputs", "steps", "trigger", "run", "owner", "now"] as const;

const limits = { maxAstNodes: 400, maxDepth: 40, maxListElements: 200, maxMapEntries: 200, maxCallArguments: 16 };
const maxCutChars = 100_000;

/** Functions of CEL's library that are refused, and what to use in their place. */
export const refusedFunctions: Readonly<Record<string, string>> = {
  matches: "A pattern may take for ever on a text from outside: use contains, startsWith, endsWith or split.",
  bind: "Give the value a name of its own with a step instead.",
};

/** An environment with these variables, arithmetic of whole and other numbers together, and our few functions. */
export function createExpressionEnvironment(
  variables: readonly string[],
  budget: Budget = createBudget(),
): Environment {
  const environment = new Environment({
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits,
  });
  for (const name of variables)
    environment.registerVariable(name, name === "now" ? "google.protobuf.Timestamp" : "dyn");
  for (const [left, right] of [
    ["int", "double"],
    ["double", "int"],
  ]) {
    environment.registerOperator(`${left} + ${right}`, (a: Numeric, b: Numeric) => Number(a) + Number(b));
    environment.registerOperator(`${left} - ${right}`, (a: Numeric, b: Numeric) => Number(a) - Number(b));
    environment.registerOperator(`${left} * ${right}`, (a: Numeric, b: Numeric) => Number(a) * Number(b));
    environment.registerOperator(`${left} / ${right}`, (a: Numeric, b: Numeric) => Number(a) / Number(b));
  }
  environment.registerFunction("spend(dyn): dyn", (value: unknown) => {
    budget.charge(weigh(value));
    return value;
  });
  environment.registerFunction("spendJoined(dyn, dyn): dyn", (list: unknown, separator: unknown) => {
    budget.charge(weighJoined(list, separator));
    return list;
  });
  const asText = (write: (value: unknown) => string) => (value: unknown) => {
    budget.charge(checkSize(value));
    return write(fromCel(value));
  };
  environment.registerFunction("text(dyn): string", asText(textOf));
  environment.registerFunction("json(dyn): string", asText(JSON.stringify));
  environment.registerFunction("parseJson(string): dyn", (text: string) => {
    budget.charge(weigh(text));
    return parseJson(text);
  });
  environment.registerFunction("cut(string, int): string", (text: string, length: bigint) =>
    text.slice(0, Math.min(maxCutChars, Math.max(0, Number(length)))).toWellFormed(),
  );
  environment.registerFunction("first(list, int): list", (list: readonly unknown[], count: bigint) =>
    list.slice(0, Math.max(0, Number(count))),
  );
  environment.registerFunction("day(google.protobuf.Timestamp, string): string", formatDay);
  environment.registerFunction("clock(google.protobuf.Timestamp, string): string", formatClock);
  return environment;
}

type Numeric = bigint | number;

function parseJson(text: string): unknown {
  try {
    return toCel(JSON.parse(text));
  } catch {
    return null;
  }
}

/** "2026-01-05" in a zone. */
function formatDay(at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(at);
}

/** "09:30" in a zone. */
function formatClock(at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone, timeStyle: "short" }).format(at);
}
