import { Cron, CronPattern } from "croner";
import { AppError, describeError } from "../../core/errors.ts";

/*
 * Cron patterns with 5 or 6 fields (the sixth being seconds, in front), names such as MON and JAN, L, W and # as croner
 * has them, and nicknames such as @daily, read as wall-clock times of a time zone.
 *
 * Where the clock is changed, a pattern that is due in every hour of the day goes by real hours: it is due in each of
 * them. Any other pattern goes by the clock on the wall: a time that the clock leaves out is due once, at the moment
 * the gap ends, and one that it shows twice is due once, the first time.
 */

/** A time at which a pattern is due. */
export interface Slot {
  /** The same for the same pattern, zone and time, whoever works it out and when: fire each id once. */
  readonly id: string;
  readonly at: number;
}

/** Why the pattern or the zone cannot be kept, as one sentence; undefined when they can. */
export function findCronFault(pattern: string, timeZone: string): string | undefined {
  try {
    readCron(pattern, timeZone);
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

/**
 * The first slot after `after`; undefined when there is none (30 February). Throws AppError "bad-input" for patterns
 * and zones nobody knows.
 */
export function nextSlot(pattern: string, timeZone: string, after: number): Slot | undefined {
  const at = readCron(pattern, timeZone).nextRun(new Date(after))?.getTime();
  return at === undefined ? undefined : toSlot(pattern, timeZone, at);
}

/** The newest slots that are neither after `until` nor at or before `after`, at most `limit`, in their order. */
export function newestSlots(
  pattern: string,
  timeZone: string,
  span: { readonly after: number; readonly until: number; readonly limit: number },
): readonly Slot[] {
  const cron = readCron(pattern, timeZone);
  const slots: Slot[] = [];
  let before = new Date(span.until + 1);
  while (slots.length < span.limit) {
    const [run] = cron.previousRuns(1, before);
    if (run === undefined || run.getTime() <= span.after) break;
    slots.unshift(toSlot(pattern, timeZone, run.getTime()));
    before = run;
  }
  return slots;
}

function toSlot(pattern: string, timeZone: string, at: number): Slot {
  const minute = new Date(at).toISOString().replace(/(:00)?\.000Z$/, "Z");
  return { id: `${pattern.trim().replaceAll(/\s+/g, " ")} ${timeZone} ${minute}`, at };
}

/**
 * croner decides by how a pattern is written whether it goes by real hours: so it is given one that says what we mean.
 * Only croner 11 and later can be told that lists are wall-clock times, too.
 */
function readCron(pattern: string, timeZone: string): Cron {
  const { second, minute, hour, ...read } = parsePattern(pattern, timeZone);
  const [dayOfMonth = "*", month = "*", weekday = "*"] = read.pattern.trim().split(/\s+/).slice(-3);
  const isEveryHour = hour.every((isDue) => isDue === 1);
  const fields = [formatList(second), formatList(minute), isEveryHour ? "*" : formatList(hour)];
  return new Cron([...fields, dayOfMonth, month, weekday].join(" "), {
    timezone: timeZone,
    paused: true,
    mode: "6-part",
    fixedTimeRule: "no-wildcard",
  });
}

function parsePattern(pattern: string, timeZone: string): CronPattern {
  if (!isTimeZone(timeZone))
    throw new AppError("bad-input", `"${timeZone}" is no time zone.`, {
      hint: 'Write its name as in "Europe/Berlin".',
    });
  try {
    return new CronPattern(pattern, timeZone, { mode: "5-or-6-parts" });
  } catch (error) {
    const reason = describeError(error).replace(/^CronPattern: /, "");
    throw new AppError("bad-input", `"${pattern}" is no cron pattern: ${reason.replace(/\.$/, "")}.`, {
      hint: 'Use five fields (minute hour day month weekday), as in "0 9 * * 1-5".',
      cause: error,
    });
  }
}

/** An offset such as "+02:00" is none: it does not know summer time. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function formatList(field: readonly number[]): string {
  return field.flatMap((isDue, value) => (isDue === 1 ? [value] : [])).join(",");
}
