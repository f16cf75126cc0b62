import { AppError } from "../../core/errors.ts";

// Years of four digits; seconds and fractions optional; with "Z" or an offset the zone has no say.
const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/** The fields of a moment on the clocks of a time zone. */
export interface WallClock {
  readonly date: string; // 2030-01-31
  readonly time: string; // 23:59:59
  readonly weekday: string;
  readonly offset: string; // UTC+02:00
}

/** Throws AppError "bad-input" for a zone that is not an IANA name (or an offset) known here. */
export function formatWallClock(at: number, timeZone: string): WallClock {
  const offsetMs = offsetAt(at, timeZone);
  const local = new Date(at + offsetMs);
  const minutes = Math.abs(Math.round(offsetMs / 60_000));
  const two = (value: number) => String(value).padStart(2, "0");
  return {
    date: local.toISOString().slice(0, 10),
    time: local.toISOString().slice(11, 19),
    weekday: new Intl.DateTimeFormat("en", { weekday: "long", timeZone: "UTC" }).format(local),
    offset: `UTC${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`,
  };
}

/**
 * Reads "2030-01-31", "2030-01-31T09:30[:00]" or the same with "Z" or "+02:00". Without an offset it is the time on
 * the zone's clocks; an hour that the clocks skip is moved past the gap, one they show twice is the first.
 * Throws AppError "bad-input".
 */
export function parseMoment(text: string, timeZone: string): number {
  const match = iso.exec(text.trim());
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (match ?? [])
    .slice(0, 7)
    .map((part) => (part === undefined ? 0 : Number(part)));
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const isReal =
    match !== null &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    new Date(wall).toISOString().startsWith(`${match[1]}-${match[2]}-${match[3]}`);
  if (!isReal) {
    throw new AppError("bad-input", "This is not a date and time that can be read.", {
      hint: "Write it as 2030-01-31 or 2030-01-31T09:30.",
    });
  }
  const offset = match[7];
  if (offset !== undefined) return wall - parseOffset(offset);
  // The offset in force is one of those a day before and a day after; prefer the earlier, which is larger.
  const before = offsetAt(wall - 86_400_000, timeZone);
  const after = offsetAt(wall + 86_400_000, timeZone);
  for (const candidate of [before, after]) {
    if (offsetAt(wall - candidate, timeZone) === candidate) return wall - candidate;
  }
  return wall - before;
}

function parseOffset(text: string): number {
  if (/^z$/i.test(text)) return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return (text.startsWith("-") ? -minutes : minutes) * 60_000;
}

function offsetAt(at: number, timeZone: string): number {
  const parts = Object.fromEntries(
    createFormat(timeZone)
      .formatToParts(at)
      .map((part) => [part.type, Number(part.value)]),
  );
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

function createFormat(timeZone: string): Intl.DateTimeFormat {
  try {
    const numeric = "numeric";
    return new Intl.DateTimeFormat("en", {
      timeZone,
      hourCycle: "h23",
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
  } catch (error) {
    throw new AppError("bad-input", "This time zone is not known.", {
      hint: "Use a name such as Europe/Berlin or America/New_York.",
      cause: error,
    });
  }
}
