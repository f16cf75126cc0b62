import { formatWallClock, parseMoment } from "../basics/zoned-time.ts";
import { addDays } from "./days.ts";

export interface Span {
  readonly startAt: number;
  readonly endAt: number;
}

export interface FreeOptions {
  /** First day and how many, such as "2030-01-31". */
  readonly from: string;
  readonly days: number;
  readonly timeZone: string;
  /** "09:00"; every day has these hours. */
  readonly dayStart: string;
  readonly dayEnd: string;
  readonly withWeekends: boolean;
  readonly minutes: number;
  /** Nothing before it. */
  readonly now: number;
}

/** Spans of at least so many minutes within the hours of each day that no busy one touches, by time. Pure. */
export function findFreeSlots(busy: readonly Span[], options: FreeOptions): readonly Span[] {
  const { from, days, timeZone, dayStart, dayEnd, withWeekends, minutes, now } = options;
  const sorted = busy.toSorted((one, other) => one.startAt - other.startAt);
  return Array.from({ length: days }, (_, index) => addDays(from, index))
    .filter((day) => withWeekends || !isWeekend(day))
    .flatMap((day) => {
      const opensAt = Math.max(parseMoment(`${day}T${dayStart}`, timeZone), now);
      return cutOut({ startAt: opensAt, endAt: parseMoment(`${day}T${dayEnd}`, timeZone) }, sorted);
    })
    .filter(({ startAt, endAt }) => endAt - startAt >= minutes * 60_000);
}

/** What is left of a span without those, which are sorted by their start. */
function cutOut(span: Span, busy: readonly Span[]): readonly Span[] {
  const free: Span[] = [];
  let at = span.startAt;
  for (const { startAt, endAt } of busy) {
    if (endAt <= at || startAt >= span.endAt) continue;
    if (startAt > at) free.push({ startAt: at, endAt: startAt });
    at = endAt;
  }
  return at < span.endAt ? [...free, { startAt: at, endAt: span.endAt }] : free;
}

function isWeekend(day: string): boolean {
  const { weekday } = formatWallClock(Date.parse(day), "UTC");
  return weekday === "Saturday" || weekday === "Sunday";
}
