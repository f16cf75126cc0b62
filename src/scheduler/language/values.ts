import { AppError } from "../../core/errors.ts";
import { Duration, UnsignedInt } from "@marcbachmann/cel-js/evaluator";

/*
 * Between JSON and the values of CEL, which tells whole numbers (bigint) from others, and knows times and durations.
 */

/** JSON as CEL sees it. What is in `known` was converted before: values of a run never change. */
export function toCel(value: unknown, known: WeakMap<object, unknown> = new WeakMap()): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value === undefined) return null;
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const before = known.get(value);
  if (before !== undefined) return before;
  const made = Array.isArray(value)
    ? value.map((item) => toCel(item, known))
    : new Map(Object.entries(value).map(([key, item]) => [key, toCel(item, known)]));
  known.set(value, made);
  return made;
}

/** A value of CEL as JSON: times as ISO texts, durations as texts such as "90s". Pure. */
export function fromCel(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value === undefined) return null;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Duration) return value.toString();
  if (value instanceof UnsignedInt) return Number(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, item]) => [textOf(fromCel(key)), fromCel(item)]));
  if (isOptional(value)) return value.hasValue() ? fromCel(value.value()) : null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromCel(item)]));
}

/** A value within a text: as it is where it is one, else as JSON; nothing for null. Pure. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isOptional(value: object): value is Optional {
  return "hasValue" in value && typeof value.hasValue === "function";
}

interface Optional {
  hasValue(): boolean;
  value(): unknown;
}

/** Of a value as JSON. */
const maxChars = 262_144;

/** Characters of a value as JSON, roughly. Throws as soon as it is too many, however large the value is. Pure. */
export function checkSize(value: unknown): number {
  let size = 0;
  add(value);
  return size;

  function add(part: unknown): void {
    size += typeof part === "string" ? part.length + 2 : 8;
    if (size > maxChars) throw new AppError("too-large", `It is larger than ${maxChars} characters.`);
    if (typeof part !== "object" || part === null) return;
    if (part instanceof Uint8Array) size += part.length;
    else if (Array.isArray(part)) part.forEach(add);
    else if (part instanceof Map)
      for (const [key, item] of part) {
        add(key);
        add(item);
      }
  }
}
