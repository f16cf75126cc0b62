import { Cron } from "croner";
import { AppError } from "../core/errors.ts";

/**
 * First time after `afterMs` at which the cron pattern (5 or 6 fields, the sixth being seconds in front) is due in the
 * time zone; undefined when there is none. A fixed time that the clock skips in spring is due right after the gap;
 * one that the clock shows twice in autumn is due once. Throws AppError "bad-input" for patterns and zones nobody knows.
 */
export function nextCronAt(pattern: string, timeZone: string, afterMs: number): number | undefined {
  try {
    return new Cron(pattern, { timezone: timeZone, paused: true, mode: "5-or-6-parts" })
      .nextRun(new Date(afterMs))
      ?.getTime();
  } catch (error) {
    throw new AppError("bad-input", `"${pattern}" in the time zone "${timeZone}" is no schedule that can be kept.`, {
      hint: 'Use five fields (minute hour day month weekday) and a zone such as "Europe/Berlin".',
      cause: error,
    });
  }
}
