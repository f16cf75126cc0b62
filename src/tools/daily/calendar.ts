import { z } from "zod";
import type { Tool, ToolContext } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { cutLine, findService, toOutput, type Reach } from "../reach.ts";
import { formatDay, readDays } from "./days.ts";
import { findFreeSlots } from "./free-slots.ts";
import { loadCalendars, type LoadedCalendars, type OwnedEntry } from "./load-calendar.ts";

export interface CalendarOptions extends Reach {
  /** The owner's. */
  readonly timeZone: string;
}

const keywords = [
  ...words("calendar calendars appointment appointments meetings schedule agenda"),
  ...words("kalender termine besprechung calendrier réunion calendario reunión"),
  "next meeting",
  "the meeting",
  "a meeting",
  "my day",
  "einen termin",
  "rendez vous",
];
const freeWords = [
  ...keywords,
  "availability",
  "free time",
  "free slot",
  "free slots",
  "find a time",
  "when am i free",
  "wann habe ich zeit",
];
const from = z.string().min(10).max(10).optional().describe("First day, such as 2030-01-31; today when absent.");
const clock = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must look like "09:00"')
  .min(5)
  .max(5);
const maxShown = 100;

/** `options.services`: of kind "calendar", each the address of an ICS file; the address is a secret. */
export function createCalendarTools(options: CalendarOptions): readonly Tool[] {
  return [createEvents(options), createFreeTime(options)];
}

function createEvents(options: CalendarOptions): Tool {
  const { timeZone } = options;
  return defineTool({
    name: "calendar_events",
    description: "Shows what is in the calendar: today, on a day, or over some days.",
    input: z.strictObject({
      from,
      days: z.int().min(1).max(62).optional().describe("1 when absent."),
      words: z.string().min(1).max(100).optional().describe("Only events with these words in title or place."),
      calendar: calendarField(options),
    }),
    effect: "read",
    keywords,
    timeoutMs: 60_000,
    maxOutputChars: 12_000,
    async run({ from: first, days = 1, words: wanted, calendar }, context) {
      const window = readDays(first, days, timeZone, context.now());
      const found = await load(options, calendar, { ...window, timeZone }, context);
      const matching = found.entries.filter(({ title, location }) => hasWords(`${title} ${location}`, wanted));
      const hasSeveral = calendar === undefined && options.services.length > 1;
      const shown = matching.slice(0, maxShown).map((entry) => formatEntry(entry, timeZone, hasSeveral));
      const rest = matching.length - shown.length;
      return toOutput(options, [
        ...(shown.length === 0
          ? [`Nothing from ${window.from} for ${days} ${days === 1 ? "day" : "days"}.`]
          : [`Times in ${timeZone}:`, ...shown]),
        ...(rest > 0 ? [`[${rest} more]`] : []),
        ...formatMissing(found),
      ]);
    },
  });
}

function createFreeTime(options: CalendarOptions): Tool {
  const { timeZone } = options;
  return defineTool({
    name: "calendar_free_time",
    description: "Finds times at which the calendar is free.",
    input: z.strictObject({
      minutes: z.int().min(5).max(1440).describe("At least so long."),
      from,
      days: z.int().min(1).max(31).optional().describe("7 when absent."),
      dayStart: clock.optional().describe("09:00 when absent."),
      dayEnd: clock.optional().describe("17:00 when absent."),
      weekends: z.boolean().optional(),
      calendar: calendarField(options),
    }),
    effect: "read",
    keywords: freeWords,
    timeoutMs: 60_000,
    maxOutputChars: 6000,
    async run(
      { minutes, from: first, days = 7, dayStart = "09:00", dayEnd = "17:00", weekends = false, calendar },
      context,
    ) {
      const window = readDays(first, days, timeZone, context.now());
      const found = await load(options, calendar, { ...window, timeZone }, context);
      const busy = found.entries.filter(({ isBusy }) => isBusy);
      const hours = {
        from: window.from,
        days,
        timeZone,
        dayStart,
        dayEnd,
        withWeekends: weekends,
        minutes,
        now: context.now(),
      };
      const free = findFreeSlots(busy, hours).slice(0, maxShown);
      const lines = free.map(({ startAt, endAt }) => {
        const { day, time } = formatDay(startAt, timeZone);
        return `${day} ${time}-${formatDay(endAt, timeZone).time}`;
      });
      const head = lines.length === 0 ? `No ${minutes} minutes are free there.` : `Free, in ${timeZone}:`;
      // Only times, no words of anybody.
      return { text: [head, ...lines, ...formatMissing(found)].join("\n"), isOutside: false };
    },
  });
}

function calendarField({ services }: Reach) {
  const names = services
    .map(({ name }) => name)
    .join(", ")
    .slice(0, 120);
  return z
    .string()
    .min(1)
    .max(40)
    .optional()
    .describe(services.length === 1 ? "Leave out." : `One of ${names}; all when absent.`);
}

function load(
  options: CalendarOptions,
  name: string | undefined,
  window: { readonly fromAt: number; readonly toAt: number; readonly timeZone: string },
  context: ToolContext,
): Promise<LoadedCalendars> {
  const chosen = name === undefined ? options.services : [findService(options, name)];
  return loadCalendars(options, chosen, window, context);
}

function hasWords(text: string, wanted: string | undefined): boolean {
  const plain = text.toLowerCase();
  return (wanted ?? "")
    .toLowerCase()
    .split(/\s+/)
    .every((word) => plain.includes(word));
}

function formatEntry(
  { startAt, endAt, isAllDay, isBusy, title, location, calendar }: OwnedEntry,
  timeZone: string,
  isNamed: boolean,
) {
  const start = formatDay(startAt, timeZone);
  const end = formatDay(isAllDay ? endAt - 1 : endAt, timeZone);
  const until = end.day === start.day ? "" : ` to ${end.day}`;
  const when = isAllDay
    ? `${start.day}${until}, all day`
    : `${start.day} ${start.time}-${until === "" ? "" : `${end.day} `}${end.time}`;
  const notes = [
    location === "" ? "" : `at ${cutLine(location, 200)}`,
    isBusy ? "" : "free",
    isNamed ? calendar : "",
  ].filter((note) => note !== "");
  return `${when}: ${title === "" ? "(no title)" : cutLine(title, 300)}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`;
}

function formatMissing({ missing }: LoadedCalendars): readonly string[] {
  return missing.length === 0 ? [] : [`(Could not be read now: ${missing.join(", ")}.)`];
}
