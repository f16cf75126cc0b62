import type { WallClock } from "./deadline/find-deadline.ts";

/** From one time of the day to another, over midnight where the first is later. Minutes since midnight. */
export interface QuietHours {
  readonly fromMinutes: number;
  readonly toMinutes: number;
  readonly timeZone: string;
}

/** "22:00" as minutes; undefined when it is no time of the day. */
export function parseTimeOfDay(text: string): number | undefined {
  const [, hours, minutes] = /^(\d{1,2}):(\d\d)$/.exec(text) ?? [];
  if (hours === undefined || minutes === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return Number(hours) * 60 + Number(minutes);
}

export function isQuiet({ fromMinutes, toMinutes }: QuietHours, minutes: number): boolean {
  if (fromMinutes === toMinutes) return false;
  return fromMinutes < toMinutes
    ? minutes >= fromMinutes && minutes < toMinutes
    : minutes >= fromMinutes || minutes < toMinutes;
}

const minuteMs = 60_000;
/** Clocks are put forward and back at full quarters of an hour, everywhere. */
const slotMinutes = 15;
const maxSlots = (26 * 60) / slotMinutes;

/**
 * Whole minutes until the first moment that is not quiet; 0 when it is not quiet now. On the days the clocks change, the
 * clock on the wall counts: quiet until seven ends at seven, an hour sooner or later.
 */
export function countQuietMinutes(
  quiet: QuietHours,
  now: number,
  readClock: (at: number, timeZone: string) => WallClock,
): number {
  if (!isQuiet(quiet, readClock(now, quiet.timeZone).minutes)) return 0;
  const start = Math.floor(now / minuteMs);
  for (let slot = 0; slot <= maxSlots; slot++) {
    const first = slot === 0 ? start : (Math.floor(start / slotMinutes) + slot) * slotMinutes;
    const wall = readClock(first * minuteMs, quiet.timeZone).minutes;
    const left = slotMinutes - (first % slotMinutes);
    for (let minute = 0; minute < left; minute++)
      if (!isQuiet(quiet, (wall + minute) % 1440)) return first + minute - start;
  }
  return 0;
}
