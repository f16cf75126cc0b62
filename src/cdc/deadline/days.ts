/** A day without a time zone, as days since 1970; a day of the week is its remainder (0 is a Thursday). */
export type Day = number;

const dayMs = 86_400_000;

export function dayOf(year: number, month: number, day: number): Day | undefined {
  const at = new Date(Date.UTC(year, month - 1, day));
  // 31 April is no day, and must not become 1 May.
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === day ? at.getTime() / dayMs : undefined;
}

export function formatDay(day: Day): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

export function partsOf(day: Day): { readonly year: number; readonly month: number; readonly date: number } {
  const at = new Date(day * dayMs);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, date: at.getUTCDate() };
}

/** 0 is Monday. */
export function weekdayOf(day: Day): number {
  return (day + 3) % 7;
}

/** The next such weekday after today. */
export function nextWeekday(today: Day, weekday: number): Day {
  return today + (((weekday - weekdayOf(today) + 6) % 7) + 1);
}

/** That weekday in the week after this one. */
export function weekdayOfNextWeek(today: Day, weekday: number): Day {
  return today - weekdayOf(today) + 7 + weekday;
}

export function lastOfMonth(day: Day): Day {
  const { year, month } = partsOf(day);
  return Date.UTC(year, month, 0) / dayMs;
}

/** Month and date as they come next, today included. */
export function nextDate(today: Day, month: number, date: number): Day | undefined {
  const { year } = partsOf(today);
  const thisYear = dayOf(year, month, date);
  if (thisYear !== undefined && thisYear >= today) return thisYear;
  return dayOf(year + 1, month, date) ?? thisYear;
}

/** The next day with this date, today included: "by the 3rd". */
export function nextOfMonth(today: Day, date: number): Day | undefined {
  const { year, month, date: now } = partsOf(today);
  if (date >= now) return dayOf(year, month, date) ?? dayOf(year, month + 1, date);
  return month === 12 ? dayOf(year + 1, 1, date) : dayOf(year, month + 1, date);
}
