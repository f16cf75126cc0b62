import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Language } from "../../src/cdc/classification.ts";
import {
  dayOf,
  formatDay,
  nextOfMonth,
  nextWeekday,
  weekdayOf,
  weekdayOfNextWeek,
} from "../../src/cdc/deadline/days.ts";
import { findDeadline } from "../../src/cdc/deadline/find-deadline.ts";

/** A Wednesday. */
const today = dayOf(2026, 2, 25) ?? 0;
const find = (text: string, language: Language = "en", isRequest = true) => {
  const found = findDeadline(text, language, { today, minutes: 10 * 60 }, isRequest);
  return found && [found.date, found.time].filter((part) => part !== undefined).join(" ");
};

describe("a deadline", () => {
  it.each([
    ["by Friday", "2026-02-27"],
    ["by Wednesday", "2026-03-04"],
    ["by next Friday", "2026-03-06"],
    ["before the 3rd of March", "2026-03-03"],
    ["before March 3", "2026-03-03"],
    ["by March 3rd, 2027", "2027-03-03"],
    ["by 3 January", "2027-01-03"],
    ["by the 3rd", "2026-03-03"],
    ["by 2026-04-01", "2026-04-01"],
    ["by 4/1", "2026-04-01"],
    ["until tomorrow 5pm", "2026-02-26 17:00"],
    ["by 5:30 pm tomorrow", "2026-02-26 17:30"],
    ["by noon", "2026-02-25 12:00"],
    ["by 9am", "2026-02-26 09:00"],
    ["by 12am tomorrow", "2026-02-26 00:00"],
    ["by end of day", "2026-02-25"],
    ["by the end of the week", "2026-02-27"],
    ["by the end of the month", "2026-02-28"],
    ["within two weeks", "2026-03-11"],
    ["within 20 hours", "2026-02-26"],
    ["deadline: March 15", "2026-03-15"],
    ["tomorrow at the latest", "2026-02-26"],
  ])("in English: %s", (text, wanted) => {
    expect(find(`Please do it ${text}.`)).toBe(wanted);
  });

  it.each([
    ["de", "übermorgen bis 12 Uhr", "2026-02-27 12:00"],
    ["de", "bis Freitag", "2026-02-27"],
    ["de", "bis zum 3.", "2026-03-03"],
    ["de", "bis zum 3. März", "2026-03-03"],
    ["de", "bis 15.03.2026 um 14:30 Uhr", "2026-03-15 14:30"],
    ["de", "spätestens morgen Abend", "2026-02-26"],
    ["de", "innerhalb von drei Tagen", "2026-02-28"],
    ["de", "bis Ende der Woche", "2026-02-27"],
    ["fr", "d'ici vendredi", "2026-02-27"],
    ["fr", "avant le 10 mars", "2026-03-10"],
    ["fr", "avant demain 17h", "2026-02-26 17:00"],
    ["fr", "pour lundi à midi", "2026-03-02 12:00"],
    ["fr", "sous 3 jours", "2026-02-28"],
    ["fr", "d'ici la fin du mois", "2026-02-28"],
    ["es", "para el lunes", "2026-03-02"],
    ["es", "antes del viernes a las 15:00", "2026-02-27 15:00"],
    ["es", "antes del 5 de marzo", "2026-03-05"],
    ["es", "pasado mañana", "2026-02-27"],
    ["es", "hasta el 3/4", "2026-04-03"],
    ["es", "en dos semanas", "2026-03-11"],
  ] as const)("in %s: %s", (language, text, wanted) => {
    expect(find(`x ${text}, x`, language)).toBe(wanted);
  });

  it.each([
    "I was here before.",
    "By the way, hello.",
    "Before you go, look.",
    "by hand",
    "bis bald",
    "pour toi",
    "para ti",
    "by 31 April",
    "the party is on Friday",
    "by all means",
  ])("is not in: %s", (text) => {
    expect(find(text)).toBeUndefined();
  });

  it("needs a word like “by” where nothing is asked", () => {
    expect(find("I arrived today.", "en", false)).toBeUndefined();
    expect(find("Send it today.", "en", true)).toBe("2026-02-25");
  });
});

describe("days", () => {
  const anyDay = fc.integer({ min: 15_000, max: 30_000 });
  it("of the week come within seven days, and of next week in next week", () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: 0, max: 6 }), (from, weekday) => {
        const next = nextWeekday(from, weekday);
        expect(weekdayOf(next)).toBe(weekday);
        expect(next - from).toBeGreaterThanOrEqual(1);
        expect(next - from).toBeLessThanOrEqual(7);
        const later = weekdayOfNextWeek(from, weekday);
        expect(weekdayOf(later)).toBe(weekday);
        expect(later - weekdayOf(later)).toBe(from - weekdayOf(from) + 7);
      }),
    );
  });

  it("of a month are not before today", () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: 1, max: 28 }), (from, date) => {
        const next = nextOfMonth(from, date) ?? 0;
        expect(next).toBeGreaterThanOrEqual(from);
        expect(Number(formatDay(next).slice(8))).toBe(date);
      }),
    );
  });

  it("that there are not are none", () => {
    expect(dayOf(2026, 2, 29)).toBeUndefined();
    expect(dayOf(2026, 4, 31)).toBeUndefined();
  });
});
