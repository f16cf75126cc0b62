/*
 * The reference for cron slots: walks the real minutes of a span, reads the wall clock of each with Intl, and knows
 * nothing of patterns. Slow, and too simple to be wrong in the way a cron library is.
 */

export interface Wall {
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  /** Days of the month. */
  readonly daysInMonth: number;
}

/** What the wall clock showed at each step of a span, as if it were UTC. */
export interface Readings {
  readonly from: number;
  readonly stepMs: number;
  readonly shown: ReadonlyArray<readonly [at: number, shown: number]>;
}

const minuteMs = 60_000;
/** Clocks go back by three hours at most: what the wall showed before is known from there on. */
const leadMs = 180 * minuteMs;

export function readWallClock(timeZone: string, from: number, until: number, stepMinutes = 1): Readings {
  const format = new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "short" });
  const stepMs = stepMinutes * minuteMs;
  const shown: Array<readonly [number, number]> = [];
  for (let at = from - leadMs; at <= until; at += stepMs)
    shown.push([at, Date.parse(`${format.format(at).replace(" ", "T")}Z`)]);
  return { from, stepMs, shown };
}

/**
 * The slots after the start of the span. `isEveryHour`: due in every hour of the day, so it goes by real hours. Steps
 * must not be longer than the shortest distance of two slots.
 */
export function walkMinutes(
  { from, stepMs, shown }: Readings,
  isDue: (wall: Wall) => boolean,
  isEveryHour: boolean,
): readonly number[] {
  const slots: number[] = [];
  let last = shown[0]![1];
  let highest = last;
  for (const [at, reading] of shown.slice(1)) {
    let due = isDue(toWall(reading)) && (isEveryHour || reading > highest);
    if (!isEveryHour)
      for (let skipped = last + stepMs; skipped < reading; skipped += stepMs) due ||= isDue(toWall(skipped));
    if (due && at > from) slots.push(at);
    last = reading;
    highest = Math.max(highest, reading);
  }
  return slots;
}

function toWall(shown: number): Wall {
  const date = new Date(shown);
  return {
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    daysInMonth: new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  };
}
