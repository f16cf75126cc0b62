import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCronFault, newestSlots, nextSlot } from "../../../src/scheduler/triggers/cron.ts";
import { readWallClock, walkMinutes, type Wall } from "./minute-walk.ts";

const dayMs = 24 * 60 * 60_000;
const at = (text: string): number => Date.parse(text);

function listSlots(pattern: string, timeZone: string, from: number, until: number): readonly number[] {
  const slots: number[] = [];
  for (let slot = nextSlot(pattern, timeZone, from); slot !== undefined && slot.at <= until;)
    slot = nextSlot(pattern, timeZone, slots[slots.push(slot.at) - 1]!);
  return slots;
}

/** Clock changes of 2026: the two hours around each, as UTC. */
const changes = [
  { timeZone: "Europe/Berlin", spring: "2026-03-29T01:00Z", autumn: "2026-10-25T01:00Z" },
  { timeZone: "America/New_York", spring: "2026-03-08T07:00Z", autumn: "2026-11-01T06:00Z" },
  // Half an hour, and the year the other way round.
  { timeZone: "Australia/Lord_Howe", spring: "2026-10-03T15:30Z", autumn: "2026-04-04T15:00Z" },
];

const patterns: ReadonlyArray<readonly [pattern: string, isDue: (wall: Wall) => boolean, isEveryHour: boolean]> = [
  ["15 2 * * *", (wall) => wall.hour === 2 && wall.minute === 15, false],
  ["30 2 * * *", (wall) => wall.hour === 2 && wall.minute === 30, false],
  ["45 1 * * *", (wall) => wall.hour === 1 && wall.minute === 45, false],
  ["0 3 * * *", (wall) => wall.hour === 3 && wall.minute === 0, false],
  ["30 1,2,3 * * *", (wall) => [1, 2, 3].includes(wall.hour) && wall.minute === 30, false],
  ["*/15 2 * * *", (wall) => wall.hour === 2 && wall.minute % 15 === 0, false],
  ["*/20 1-3 * * *", (wall) => wall.hour >= 1 && wall.hour <= 3 && wall.minute % 20 === 0, false],
  ["0 */2 * * *", (wall) => wall.hour % 2 === 0 && wall.minute === 0, false],
  ["0 * * * *", (wall) => wall.minute === 0, true],
  ["50 0-23 * * *", (wall) => wall.minute === 50, true],
  ["*/10 * * * *", (wall) => wall.minute % 10 === 0, true],
  ["* * * * *", () => true, true],
];

describe("clock changes, as a walk over every minute has them", () => {
  for (const { timeZone, spring, autumn } of changes)
    describe.each(Object.entries({ spring, autumn }))(`${timeZone} in %s`, (_, change) => {
      const [from, until] = [at(change) - 1.2 * dayMs, at(change) + 1.2 * dayMs];
      const readings = readWallClock(timeZone, from, until);

      it.each(patterns)("%s", (pattern, isDue, isEveryHour) => {
        const expected = walkMinutes(readings, isDue, isEveryHour);
        expect(expected.length).toBeGreaterThan(1);
        expect(listSlots(pattern, timeZone, from, until)).toEqual(expected);
        const newest = newestSlots(pattern, timeZone, { after: from, until, limit: 10_000 });
        expect(newest.map((slot) => slot.at)).toEqual(expected);
      });
    });

  it.each([
    ["Europe/Berlin", "30 2 * * *", "2026-03-28T12:00Z", "2026-03-29T01:00Z"],
    ["Europe/Berlin", "30 2 * * *", "2026-10-24T12:00Z", "2026-10-25T00:30Z"],
    ["America/New_York", "30 2 * * *", "2026-03-07T12:00Z", "2026-03-08T07:00Z"],
    ["America/New_York", "30 1 * * *", "2026-10-31T12:00Z", "2026-11-01T05:30Z"],
    ["Australia/Lord_Howe", "10 2 * * *", "2026-10-03T12:00Z", "2026-10-03T15:30Z"],
    ["Australia/Lord_Howe", "45 1 * * *", "2026-04-04T12:00Z", "2026-04-04T14:45Z"],
  ])("%s: %s is due once, at the end of the gap or the first time", (timeZone, pattern, after, expected) => {
    const first = nextSlot(pattern, timeZone, at(after));
    expect(first?.at).toBe(at(expected));
    expect(nextSlot(pattern, timeZone, first!.at)!.at - first!.at).toBeGreaterThan(dayMs * 0.9);
  });

  it("are kept by patterns of all kinds, in zones of all kinds", () => {
    const days = [
      ...changes.flatMap(({ timeZone, spring, autumn }) => [spring, autumn].map((change) => [timeZone, change])),
      // At midnight; and days without a change.
      ...["2026-04-23T22:00Z", "2026-10-29T21:00Z", "2026-06-01"].map((change) => ["Africa/Cairo", change]),
      ["Asia/Kolkata", "2026-03-29"],
    ] as Array<[string, string]>;
    const list = (max: number) => fc.uniqueArray(fc.nat(max), { minLength: 1, maxLength: 4 });
    const hours = fc.option(fc.oneof(list(23), list(4)), { nil: undefined });
    const known = new Map(
      days.map((day) => [day, readWallClock(day[0], at(day[1]) - dayMs / 2, at(day[1]) + dayMs / 2)] as const),
    );
    fc.assert(
      fc.property(list(59), hours, fc.constantFrom(...days), (minutes, due, day) => {
        const pattern = `${minutes.join(",")} ${due?.join(",") ?? "*"} * * *`;
        const isDue = (wall: Wall) => minutes.includes(wall.minute) && (due?.includes(wall.hour) ?? true);
        const expected = walkMinutes(known.get(day)!, isDue, due === undefined);
        expect(listSlots(pattern, day[0], at(day[1]) - dayMs / 2, at(day[1]) + dayMs / 2)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe("days", () => {
  const [from, until] = [at("2023-12-31T12:00Z"), at("2028-12-31T12:00Z")];
  const readings = readWallClock("Europe/Berlin", from, until, 60);
  const isNine = (wall: Wall) => wall.hour === 9 && wall.minute === 0;
  const isWorkday = (wall: Wall) => wall.weekday >= 1 && wall.weekday <= 5;
  const isLastWorkday = (wall: Wall) =>
    isWorkday(wall) && (wall.day === wall.daysInMonth || (wall.weekday === 5 && wall.day + 2 >= wall.daysInMonth));
  it.each<readonly [string, (wall: Wall) => boolean]>([
    ["0 9 29 2 *", (wall) => wall.month === 2 && wall.day === 29],
    ["0 9 31 * *", (wall) => wall.day === 31],
    ["0 9 L * *", (wall) => wall.day === wall.daysInMonth],
    ["0 9 LW * *", isLastWorkday],
    ["0 9 * * 5L", (wall) => wall.weekday === 5 && wall.day + 7 > wall.daysInMonth],
    ["0 9 * * MON#1", (wall) => wall.weekday === 1 && wall.day <= 7],
    ["0 9 * * 1-5", isWorkday],
    ["0 9 * JAN,JUL SUN", (wall) => [1, 7].includes(wall.month) && wall.weekday === 0],
    ["0 9 1 * 1", (wall) => wall.day === 1 || wall.weekday === 1],
    [
      "0 9 15W * *",
      (wall) =>
        isWorkday(wall) &&
        (wall.day === 15 || (wall.day === 14 && wall.weekday === 5) || (wall.day === 16 && wall.weekday === 1)),
    ],
  ])("%s", (pattern, isDue) => {
    const expected = walkMinutes(readings, (wall) => isNine(wall) && isDue(wall), false);
    expect(expected.length).toBeGreaterThan(1);
    expect(listSlots(pattern, "Europe/Berlin", from, until)).toEqual(expected);
  });

  it("has no slot where there is no such day", () => {
    expect(nextSlot("0 0 30 2 *", "UTC", at("2026-01-01"))).toBeUndefined();
  });

  it("leaps over years without a 29 February", () => {
    expect(nextSlot("0 0 29 2 *", "UTC", at("2096-03-01"))?.at).toBe(at("2104-02-29"));
  });
});

describe("slots", () => {
  it("are known again by their ids", () => {
    const one = nextSlot("0 9 * * 1-5", "Europe/Berlin", at("2026-11-26T20:00Z"));
    expect(one).toEqual({ id: "0 9 * * 1-5 Europe/Berlin 2026-11-27T08:00Z", at: at("2026-11-27T08:00Z") });
    expect(nextSlot("  0 9  * * 1-5", "Europe/Berlin", at("2026-11-27T07:59:59.999Z"))).toEqual(one);
  });

  it("have seconds with six fields", () => {
    expect(nextSlot("*/20 * * * * *", "UTC", at("2026-11-26T20:00:00Z"))?.id).toBe(
      "*/20 * * * * * UTC 2026-11-26T20:00:20Z",
    );
  });

  it.each(["@hourly", "@daily", "@weekly", "@monthly", "@yearly"])("are there for %s", (nickname) => {
    expect(nextSlot(nickname, "UTC", at("2026-11-26T20:00Z"))).toBeDefined();
  });
});

describe("what cannot be kept", () => {
  it.each([
    "",
    "1 2",
    "* * * * * * *",
    "60 9 * * *",
    "0 24 * * *",
    "0 9 * * 8",
    "0/5 * * * *",
    "0 9 L-2 * *",
    "@reboot",
  ])('"%s" is told', (pattern) => {
    expect(findCronFault(pattern, "UTC")).toContain("is no cron pattern");
    expect(() => nextSlot(pattern, "UTC", 0)).toThrow(/cron pattern/);
  });

  it.each(["", "Nowhere/Land", "+02:00", "Europe/Berlin\0"])('zone "%s" is told', (timeZone) => {
    expect(findCronFault("0 9 * * *", timeZone)).toContain("no time zone");
  });

  it("is told whatever it is", () => {
    const field = fc.constantFrom(
      "*",
      "?",
      "L",
      "W",
      "#",
      "/",
      "-",
      ",",
      "1",
      "59",
      "MON",
      "JANFEB",
      "*/0",
      "5#6",
      "+",
      "@",
    );
    const pattern = fc.oneof(
      fc.string(),
      fc.array(field, { maxLength: 8 }).map((fields) => fields.join(" ")),
    );
    fc.assert(
      fc.property(pattern, fc.constantFrom("UTC", "Europe/Berlin", "x"), (text, timeZone) => {
        const fault = findCronFault(text, timeZone);
        if (fault === undefined) expect(() => nextSlot(text, timeZone, at("2026-11-26"))).not.toThrow();
        else expect(() => nextSlot(text, timeZone, 0)).toThrow(/no (cron pattern|time zone)/);
      }),
    );
  });

  it("is not said of what can be", () => {
    expect(findCronFault("0 9 LW * *", "Europe/Berlin")).toBeUndefined();
  });
});
