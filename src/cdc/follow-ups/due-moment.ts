import type { WallClock } from "../deadline/find-deadline.ts";

export type ReadClock = (at: number, timeZone: string) => WallClock;

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Farther from UTC lies no zone, and clocks are never put forward or back by more than this. */
const farthestMinutes = 15 * 60;
const stepMinutes = 15;

/**
 * The moment at which the clock on the wall shows a day and time, "2026-03-06" and minutes since midnight. A time that the day
 * has twice is its first; one that it does not have, because the clocks were put forward, is the moment they were.
 * Undefined where the date is none.
 */
export function findMoment(date: string, minutes: number, timeZone: string, readClock: ReadClock): number | undefined {
  const day = Date.parse(`${date}T00:00:00Z`) / dayMs;
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || !Number.isInteger(day)) return undefined;
  const wanted = day * 1440 + minutes;
  const wallAt = (at: number): number => {
    const { today, minutes: past } = readClock(at * minuteMs, timeZone);
    return today * 1440 + past;
  };
  let at = wanted - farthestMinutes;
  const last = wanted + farthestMinutes;
  // Offsets are whole quarters of an hour, so that the first quarter that shows as much or more has the moment.
  at -= (at - wanted) % stepMinutes;
  while (at < last && wallAt(at) < wanted) at += stepMinutes;
  return at * minuteMs;
}

/** The moment a deadline such as "2026-03-06" or "2026-03-06 12:00" is over; one without a time lasts the whole day. */
export function findDueMoment(due: string, timeZone: string, readClock: ReadClock): number | undefined {
  const [date = "", time] = due.split(" ");
  if (time === undefined) return findMoment(date, 1440, timeZone, readClock);
  const [, hours, past] = /^(\d\d):(\d\d)$/.exec(time) ?? [];
  return hours === undefined ? undefined : findMoment(date, Number(hours) * 60 + Number(past), timeZone, readClock);
}
