import { z } from "zod";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { formatWallClock, parseMoment } from "./zoned-time.ts";

const dayMs = 86_400_000;
const moment = z.string().min(1).max(40);

/** `timeZone` is the owner's, used when the call names none. */
export function createDateAndTime({ timeZone: home }: { readonly timeZone: string }): Tool {
  return defineTool({
    name: "date_and_time",
    description:
      "Tells the current date and time, or with `from` and/or `to` the time between two moments (a missing one is now).",
    input: z.strictObject({
      timeZone: z.string().min(1).max(60).optional().describe(`IANA name; ${home} when absent.`),
      from: moment.optional().describe("Such as 2030-01-31 or 2030-01-31T09:30."),
      to: moment.optional(),
    }),
    effect: "read",
    keywords: [
      ...words("time date clock today tomorrow yesterday day days week weeks month hour hours ago weekday deadline"),
      ...words(
        "monday tuesday wednesday thursday friday saturday sunday january february april june july august september october november december",
      ),
      ...words(
        "uhr uhrzeit datum heute gestern tage woche wann stunden wochentag heure aujourd'hui demain quand jours hora hoy mañana fecha cuándo oggi domani",
      ),
      "right now",
      "how long",
      "since when",
    ],
    timeoutMs: 1000,
    maxOutputChars: 400,
    run({ timeZone = home, from, to }, { now }) {
      const startAt = from === undefined ? now() : parseMoment(from, timeZone);
      if (from === undefined && to === undefined)
        return Promise.resolve({ text: formatMoment(startAt, timeZone), isOutside: false });
      const endAt = to === undefined ? now() : parseMoment(to, timeZone);
      return Promise.resolve({
        text: formatDifference(startAt, endAt, timeZone),
        isOutside: false,
      });
    },
  });
}

function formatMoment(at: number, timeZone: string): string {
  const { weekday, date, time, offset } = formatWallClock(at, timeZone);
  return `${weekday}, ${date}, ${time} (${timeZone}, ${offset})`;
}

function formatDifference(startAt: number, endAt: number, timeZone: string): string {
  const [first, last] = [startAt, endAt].map((at) => Date.parse(formatWallClock(at, timeZone).date)) as [
    number,
    number,
  ];
  const minutes = Math.floor(Math.abs(endAt - startAt) / 60_000);
  const exact = `${Math.floor(minutes / 1440)} days ${Math.floor((minutes % 1440) / 60)} hours ${minutes % 60} minutes`;
  const direction = endAt < startAt ? " (backwards: the end is before the start)" : "";
  return [
    `From ${formatMoment(startAt, timeZone)} to ${formatMoment(endAt, timeZone)}${direction}:`,
    `${exact} on the clock; ${Math.abs(last - first) / dayMs} calendar days.`,
  ].join("\n");
}
