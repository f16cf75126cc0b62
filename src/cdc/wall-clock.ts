import type { WallClock } from "./deadline/find-deadline.ts";

const dayMs = 86_400_000;

/** Tells what the clock on the wall shows in a zone. The formatter of the last zone is kept: making one costs more than a message. */
export function createWallClock(): (at: number, timeZone: string) => WallClock {
  let zone: string | undefined;
  let formatter: Intl.DateTimeFormat | undefined;
  return (at, timeZone) => {
    if (formatter === undefined || zone !== timeZone) {
      formatter = new Intl.DateTimeFormat("en", {
        timeZone,
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
      });
      zone = timeZone;
    }
    const parts = Object.fromEntries(formatter.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const { year = 1970, month = 1, day = 1, hour = 0, minute = 0 } = parts;
    return { today: Date.UTC(year, month - 1, day) / dayMs, minutes: hour * 60 + minute };
  };
}
