import { CronExpressionParser } from "cron-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextSlot } from "../../../src/scheduler/triggers/cron.ts";

/*
 * The same patterns by another library. It has no W, moves what falls into a gap by the gap's length where we are due
 * at its end, and loses its way in Lord Howe's half hour: those are left to the walk over every minute.
 */

const zones = ["Europe/Berlin", "America/New_York"];
const at = (text: string): number => Date.parse(text);

function listTheirs(pattern: string, tz: string, after: number, count: number): readonly number[] {
  const expression = CronExpressionParser.parse(pattern, { tz, currentDate: new Date(after) });
  return Array.from({ length: count }, () => expression.next().getTime());
}

function listOurs(pattern: string, timeZone: string, after: number, count: number): readonly number[] {
  const slots: number[] = [];
  for (let last = after; slots.length < count; slots.push(last)) last = nextSlot(pattern, timeZone, last)!.at;
  return slots;
}

describe.each(zones)("cron-parser in %s", (timeZone) => {
  it.each([
    "0 9 * * *",
    "30 14 * * 1-5",
    "0 9 29 2 *",
    "0 12 31 * *",
    "0 9 L * *",
    "0 9 * * 5L",
    "0 9 * * MON#1",
    "15 10 1,15 * *",
    "0 9 1 * 1",
    "0 6 * JAN,JUL SUN",
    "0 3 * * *",
    "30 1 * * *",
    "0 * * * *",
    "*/10 * * * *",
  ])("%s", (pattern) => {
    for (const from of ["2024-01-01", "2026-03-01", "2026-10-01", "2027-12-30"])
      expect(listOurs(pattern, timeZone, at(from), 40)).toEqual(listTheirs(pattern, timeZone, at(from), 40));
  });

  it("agrees on patterns of all kinds, away from the hours of change", () => {
    const list = (min: number, max: number) =>
      fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 3 }).map((values) => values.join(","));
    const orAll = (values: fc.Arbitrary<string>) => fc.oneof(fc.constant("*"), values);
    const pattern = fc
      .tuple(list(0, 59), list(5, 23), orAll(list(1, 28)), orAll(list(1, 12)), orAll(list(0, 6)))
      .map((fields) => fields.join(" "));
    const after = fc.integer({ min: at("2020-01-01"), max: at("2035-01-01") });
    fc.assert(
      fc.property(pattern, after, (text, from) => {
        expect(listOurs(text, timeZone, from, 5)).toEqual(listTheirs(text, timeZone, from, 5));
      }),
    );
  });
});
