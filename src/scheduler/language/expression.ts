import type { Environment, ParseResult } from "@marcbachmann/cel-js";
import { AppError, isAppError } from "../../core/errors.ts";
import { countCosts, createBudget } from "./budget.ts";
import { createExpressionEnvironment } from "./environment.ts";
import { parseTemplate, type TemplatePart } from "./template.ts";
import { checkSize, fromCel, textOf, toCel } from "./values.ts";

/** Of one expression. */
export const maxExpressionChars = 1_000;
const maxKept = 2_000;

/** Values by the names that an expression may use; `now` is a Date. */
export type Variables = Readonly<Record<string, unknown>>;

export interface Expressions {
  /** As JSON. Throws AppError "bad-input" in words for the author. */
  evaluate(expression: string, variables: Variables): unknown;
  /** Fills the templates in a value, at any depth. A text that is one expression keeps the type of its value. */
  fill(template: unknown, variables: Variables): unknown;
  /** As `fill`, as a text. */
  fillText(template: string, variables: Variables): string;
}

/** Evaluates expressions; each is parsed once, in an environment of the names that its place has. */
export function createExpressions(): Expressions {
  const environments = new Map<string, Environment>();
  const parsed = new Map<string, ParseResult>();
  const budget = createBudget();
  const converted = new WeakMap<object, unknown>();

  function parse(expression: string, names: readonly string[]): ParseResult {
    const place = names.toSorted().join(",");
    const key = `${place}\n${expression}`;
    const known = parsed.get(key);
    if (known !== undefined) return known;
    let environment = environments.get(place);
    if (environment === undefined) {
      if (environments.size >= maxKept) environments.clear();
      environments.set(place, (environment = createExpressionEnvironment(names, budget)));
    }
    if (expression.length > maxExpressionChars) throw new Error("it is too long");
    const made = environment.parse(countCosts(environment.parse(expression).ast));
    if (parsed.size >= maxKept) parsed.clear();
    parsed.set(key, made);
    return made;
  }

  function evaluate(expression: string, variables: Variables): unknown {
    budget.reset();
    try {
      const cel = Object.fromEntries(Object.entries(variables).map(([name, each]) => [name, toCel(each, converted)]));
      const value: unknown = parse(expression, Object.keys(variables))(cel);
      checkSize(value);
      return fromCel(value);
    } catch (error) {
      const isTooLarge = isAppError(error, "too-large");
      throw new AppError(
        isTooLarge ? "too-large" : "bad-input",
        `The expression ${shorten(expression)} has no value: ${explain(error)}`,
        {
          hint: isTooLarge
            ? "Take a part of it, such as first(list, 50) or cut(text, 2000)."
            : 'Where a value may be missing, write has(x.y) or x.?y.orValue("").',
          cause: error,
        },
      );
    }
  }

  function fillText(template: string, variables: Variables): string {
    const parts = partsOf(template);
    return parts.map((part) => (part.kind === "text" ? part.text : textOf(evaluate(part.text, variables)))).join("");
  }

  function fill(template: unknown, variables: Variables): unknown {
    if (typeof template === "string") {
      if (!template.includes("{{")) return template;
      const [only, ...others] = partsOf(template.trim());
      return others.length === 0 && only?.kind === "expression"
        ? evaluate(only.text, variables)
        : fillText(template, variables);
    }
    if (Array.isArray(template)) return template.map((item) => fill(item, variables));
    if (typeof template !== "object" || template === null) return template;
    return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, fill(item, variables)]));
  }

  return { evaluate, fill, fillText };
}

function partsOf(template: string): readonly TemplatePart[] {
  const { parts, problem } = parseTemplate(template);
  if (problem !== undefined) throw new AppError("bad-input", `A template ${problem}`);
  return parts;
}

function shorten(expression: string): string {
  return `"${expression.length > 120 ? `${expression.slice(0, 117)}…` : expression}"`;
}

/** The library's sentence without its picture of the place. */
export function explain(error: unknown): string {
  const { summary, message } = error as { summary?: string; message?: string };
  const [line = ""] = (summary ?? message ?? String(error)).split("\n");
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
