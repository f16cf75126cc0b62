import { formatDay } from "../deadline/days.ts";
import { createWallClock } from "../wall-clock.ts";
import type { DigestOptions } from "./digest.ts";

/** Writes days as the owner is used to. */
export interface DigestDays {
  /** "Fri 6 Mar", "Fri 6 Mar 12:00": of a deadline that is kept as a day of the owner's. */
  due(due: string): string;
  /** The same of a moment, with its time. */
  moment(at: number): string;
  /** The days a digest is about: "Fri 6 Mar", "Mon 2 Mar – Sun 8 Mar". */
  span(): string;
  isOver(due: string): boolean;
  /** Whole days from the digest until then; negative behind it. */
  daysUntil(due: string): number;
}

const dayMs = 86_400_000;

export function createDigestDays({ fromAt, toAt, timeZone, locale }: DigestOptions): DigestDays {
  const parts = { weekday: "short", day: "numeric", month: "short" } as const;
  const ofDay = new Intl.DateTimeFormat(locale, { ...parts, timeZone: "UTC" });
  const ofMoment = new Intl.DateTimeFormat(locale, {
    ...parts,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone,
  });
  const { today, minutes } = createWallClock()(toAt, timeZone);
  const now = `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  // Some locales put commas everywhere: "Fri, 6 Mar".
  const plain = (text: string): string => text.replaceAll(",", "");
  const dateOf = (due: string): number => Date.parse(`${due.slice(0, 10)}T00:00:00Z`);
  const formatDate = (due: string): string => {
    const at = dateOf(due);
    return Number.isNaN(at) ? due : plain(ofDay.format(at));
  };
  return {
    due: (due) => `${formatDate(due)}${due.slice(10)}`,
    moment: (at) => plain(ofMoment.format(at)),
    span: () => {
      const first = formatDate(formatDay(createWallClock()(fromAt, timeZone).today));
      const last = formatDate(formatDay(today));
      return first === last ? last : `${first} – ${last}`;
    },
    isOver: (due) => {
      const day = formatDay(today);
      return due.length > 10 ? due < `${day} ${now}` : due < day;
    },
    daysUntil: (due) => dateOf(due) / dayMs - today,
  };
}
