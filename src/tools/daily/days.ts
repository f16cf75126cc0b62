import { AppError } from "../../core/errors.ts";
import { formatWallClock, parseMoment } from "../basics/zoned-time.ts";

/** The day so many days after "2030-01-31". */
export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * 86_400_000).toISOString().slice(0, 10);
}

/** Days on the clocks of a zone. Throws AppError "bad-input" for a first day that is none. */
export function readDays(first: string | undefined, count: number, timeZone: string, now: number) {
  const from = first ?? formatWallClock(now, timeZone).date;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(from))
    throw new AppError("bad-input", "This is no day.", { hint: "Write it as 2030-01-31." });
  return { from, fromAt: parseMoment(from, timeZone), toAt: parseMoment(addDays(from, count), timeZone) };
}

/** "Thursday 2030-01-31" and "09:30". */
export function formatDay(at: number, timeZone: string): { readonly day: string; readonly time: string } {
  const { weekday, date, time } = formatWallClock(at, timeZone);
  return { day: `${weekday} ${date}`, time: time.slice(0, 5) };
}
