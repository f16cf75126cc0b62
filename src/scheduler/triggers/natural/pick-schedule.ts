import { nextSlot } from "../cron.ts";
import type { DayPart, Draft, OnceDay } from "./draft.ts";

/** Again and again by a cron pattern, or once. */
export type Schedule = { readonly cron: string } | { readonly at: number };
/** It is known what was meant, and that cron cannot count it: at the end of a month it would be doubled or left out. */
export type Uneven = "uneven";

const dayMs = 24 * 60 * 60_000;
const hourOf: Readonly<Record<DayPart, number>> = { morning: 8, afternoon: 14, evening: 18 };
/** When a day is named and no time. */
const defaultHour = 9;

/**
 * Undefined: too little was said, what cannot be kept (every seven minutes: an hour has no such parts), or a time that
 * has passed.
 */
export function pickSchedule(draft: Draft, timeZone: string, now: number): Schedule | Uneven | undefined {
  if (draft.isUneven === true) return "uneven";
  const hasTime = draft.time !== undefined || draft.dayPart !== undefined;
  if (draft.needsTime === true && !hasTime) return undefined;
  if (draft.inMs !== undefined) return { at: now + draft.inMs };
  if (draft.every !== undefined) return pickFrequency(draft, draft.every);
  if (draft.between !== undefined) return undefined;
  const { hour, minute } = pickTime(draft);
  if (draft.days !== undefined) return { cron: `${minute} ${hour} ${draft.days.dayOfMonth} * ${draft.days.weekday}` };
  if (draft.isYearly === true)
    return draft.once?.kind === "date" && draft.once.year === undefined
      ? { cron: `${minute} ${hour} ${draft.once.day} ${draft.once.month} *` }
      : undefined;
  if (draft.once === undefined && draft.time === undefined) return undefined;
  const at = pickOnce(draft.once, `${minute} ${hour}`, timeZone, now);
  return at === undefined ? undefined : { at };
}

function pickFrequency(draft: Draft, every: NonNullable<Draft["every"]>): Schedule | undefined {
  const { dayOfMonth, weekday } = draft.days ?? { dayOfMonth: "*", weekday: "*" };
  const hours = draft.between === undefined ? "*" : `${draft.between.fromHour}-${draft.between.toHour}`;
  const days = `${dayOfMonth} * ${weekday}`;
  if ("minutes" in every) {
    if (every.minutes < 1 || every.minutes >= 60 || 60 % every.minutes !== 0) return undefined;
    return { cron: `${every.minutes === 1 ? "*" : `*/${every.minutes}`} ${hours} ${days}` };
  }
  if (every.hours < 1 || every.hours >= 24 || 24 % every.hours !== 0) return undefined;
  return { cron: `0 ${every.hours === 1 ? hours : `${hours}/${every.hours}`} ${days}` };
}

function pickTime({ time, dayPart }: Draft): { readonly hour: number; readonly minute: number } {
  if (time === undefined) return { hour: dayPart === undefined ? defaultHour : hourOf[dayPart], minute: 0 };
  const isLater = dayPart !== undefined && dayPart !== "morning" && !time.isHalfKnown && time.hour < 12;
  return { hour: time.hour + (isLater ? 12 : 0), minute: time.minute };
}

/** The next such day, found as a slot of its date: what the clock leaves out or shows twice is decided in one place. */
function pickOnce(day: OnceDay | undefined, time: string, timeZone: string, now: number): number | undefined {
  if (day === undefined) return nextSlot(`${time} * * *`, timeZone, now)?.at;
  if (day.kind === "weekday") return nextSlot(`${time} * * ${day.weekday}`, timeZone, now)?.at;
  if (day.kind === "days-ahead") {
    const date = new Date(readLocalDate(timeZone, now) + day.count * dayMs);
    const at = nextSlot(`${time} ${date.getUTCDate()} ${date.getUTCMonth() + 1} *`, timeZone, now)?.at;
    // Today's has passed when the next one is that of another year.
    return at === undefined || at - now > (day.count + 2) * dayMs ? undefined : at;
  }
  const after = day.year === undefined ? now : Math.max(now, Date.UTC(day.year, 0, 1) - dayMs);
  const at = nextSlot(`${time} ${day.day} ${day.month} *`, timeZone, after)?.at;
  const isOtherYear = at !== undefined && day.year !== undefined && at > Date.UTC(day.year + 1, 0, 2);
  return isOtherYear ? undefined : at;
}

/** Midnight of the date that the zone's calendar shows, as if it were UTC. */
function readLocalDate(timeZone: string, now: number): number {
  return Date.parse(new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short" }).format(now));
}
