import type { DayPart, Draft } from "./draft.ts";
import { findName, type Language, type Meaning, readNumber } from "./language.ts";

type Groups = Readonly<Record<string, string | undefined>>;

const minuteMs = 60_000;
const everyDay = { dayOfMonth: "*", weekday: "*" };

/** What a phrase adds; undefined: its numbers are none that there are. */
export function interpret(language: Language, meaning: Meaning, groups: Groups): Draft | undefined {
  const count = readNumber(language.numbers, groups["count"] ?? "");
  const weekday = findName(language.weekdays, groups["weekday"] ?? "");
  switch (meaning) {
    case "everyMinute":
      return { every: { minutes: 1 } };
    case "everyMinutes":
      return count === undefined ? undefined : { every: { minutes: count } };
    case "everyQuarterHour":
      return { every: { minutes: 15 } };
    case "everyHalfHour":
      return { every: { minutes: 30 } };
    case "everyHour":
      return { every: { hours: 1 } };
    case "everyHours":
      return count === undefined ? undefined : { every: { hours: count } };
    case "betweenHours":
      return readSpan(language, groups);
    case "everyDay":
      return { days: everyDay };
    case "workdays":
      return { days: { dayOfMonth: "*", weekday: "1-5" } };
    case "weekend":
      return { days: { dayOfMonth: "*", weekday: "0,6" } };
    case "everyWeek":
      return { days: { dayOfMonth: "*", weekday: "1" } };
    case "everyMonth":
      return { days: { dayOfMonth: "1", weekday: "*" } };
    case "weekdays":
      return { days: { dayOfMonth: "*", weekday: readWeekdays(language, groups["weekdays"] ?? "") } };
    case "weekdayRange":
      return readRange(language, groups);
    case "monthDay":
      return readMonthDay(language, groups);
    case "monthEnd":
      return { days: { dayOfMonth: "L", weekday: "*" } };
    case "monthLastWorkday":
      return { days: { dayOfMonth: "LW", weekday: "*" } };
    case "nthWeekday":
      return readNth(language, groups, weekday);
    case "lastWeekday":
      return { days: { dayOfMonth: "*", weekday: `${weekday}L` } };
    case "everyYear":
      return { isYearly: true };
    // Cron cannot count beyond a month: every other day would be doubled or left out at its end.
    case "uneven":
      return { isUneven: true };
    case "today":
      return { once: { kind: "days-ahead", count: 0 } };
    case "tonight":
      return { once: { kind: "days-ahead", count: 0 }, dayPart: "evening" };
    case "tomorrow":
      return { once: { kind: "days-ahead", count: 1 } };
    case "dayAfterTomorrow":
      return { once: { kind: "days-ahead", count: 2 } };
    case "inDays":
      return count === undefined ? undefined : { once: { kind: "days-ahead", count } };
    case "onWeekday":
      return { once: { kind: "weekday", weekday } };
    case "weekdayAlone":
      return { once: { kind: "weekday", weekday }, needsTime: true };
    case "onDate":
      return readDate(language, groups);
    case "inMinutes":
      return count === undefined ? undefined : { inMs: count * minuteMs };
    case "inHours":
      return count === undefined ? undefined : { inMs: count * 60 * minuteMs };
    case "time":
      return readTime(language, groups, 0);
    case "quarterPast":
      return readTime(language, groups, 15);
    case "halfPast":
      return readTime(language, groups, 30);
    case "halfTo":
      return readTime(language, groups, -30);
    case "quarterTo":
      return readTime(language, groups, -15);
    case "noon":
      return { time: { hour: 12, minute: 0, isHalfKnown: true } };
    case "midnight":
      return { time: { hour: 0, minute: 0, isHalfKnown: true } };
    case "inMorning":
    case "inAfternoon":
    case "inEvening":
      return { dayPart: meaning.slice(2).toLowerCase() as DayPart };
    case "everyMorning":
    case "everyAfternoon":
    case "everyEvening":
      return { days: everyDay, dayPart: meaning.slice(5).toLowerCase() as DayPart };
  }
}

function readSpan(language: Language, groups: Groups): Draft | undefined {
  const fromHour = readNumber(language.numbers, groups["fromHour"] ?? "");
  const toHour = readNumber(language.numbers, groups["toHour"] ?? "");
  if (fromHour === undefined || toHour === undefined || fromHour >= toHour || toHour > 23) return undefined;
  return { between: { fromHour, toHour } };
}

function readWeekdays(language: Language, text: string): string {
  const names = text.split(new RegExp(` *, *| +(?:${language.and}) +`, "iu"));
  return [...new Set(names.map((name) => findName(language.weekdays, name)))].toSorted((a, b) => a - b).join(",");
}

function readRange(language: Language, groups: Groups): Draft {
  const from = findName(language.weekdays, groups["fromDay"] ?? "");
  const to = findName(language.weekdays, groups["toDay"] ?? "");
  // Cron has Sunday as 7, too: a range must not run backwards, and one over the end of the week is two.
  const last = to === 0 ? 7 : to;
  return { days: { dayOfMonth: "*", weekday: last < from ? `${from}-7,1-${last}` : `${from}-${last}` } };
}

function readMonthDay(language: Language, groups: Groups): Draft | undefined {
  const day = readNumber(language.ordinals, groups["ordinal"] ?? "");
  return day === undefined || day < 1 || day > 31 ? undefined : { days: { dayOfMonth: String(day), weekday: "*" } };
}

function readNth(language: Language, groups: Groups, weekday: number): Draft | undefined {
  const nth = readNumber(language.ordinals, groups["ordinal"] ?? "");
  return nth === undefined || nth < 1 || nth > 5
    ? undefined
    : { days: { dayOfMonth: "*", weekday: `${weekday}#${nth}` } };
}

function readDate(language: Language, groups: Groups): Draft | undefined {
  const day = Number(groups["date"]);
  const named = groups["month"];
  const month = named === undefined ? Number(groups["monthNumber"]) : findName(language.months, named) + 1;
  // A leap year: what the 29 February of other years is, the calendar decides.
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(2024, month, 0)).getUTCDate()) return undefined;
  const year = groups["year"];
  return { once: { kind: "date", day, month, ...(year === undefined ? {} : { year: Number(year) }) } };
}

function readTime(language: Language, groups: Groups, offsetMinutes: number): Draft | undefined {
  const said = readNumber(language.numbers, groups["hour"] ?? "");
  const half = groups["half"];
  const isHalfKnown = half !== undefined;
  if (said === undefined || said > 23 || (isHalfKnown && said > 12 && findName([language.am], half) === 0))
    return undefined;
  const isAfternoon = isHalfKnown && findName([language.pm], half) === 0;
  const hour = isHalfKnown && said <= 12 ? (said % 12) + (isAfternoon ? 12 : 0) : said;
  const total = (hour * 60 + Number(groups["minute"] ?? 0) + offsetMinutes + 24 * 60) % (24 * 60);
  return {
    time: { hour: Math.floor(total / 60), minute: total % 60, isHalfKnown: isHalfKnown || said > 12 || said === 0 },
  };
}
