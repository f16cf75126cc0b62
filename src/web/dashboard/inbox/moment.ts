import { formatTime, isSameDay } from "../chat/time.ts";

/** "14:05" today, else "Thu 5 Mar, 08:00", in the reader's time zone. */
export function formatMoment(at: number, now: number, locale?: string): string {
  const time = formatTime(at, locale);
  if (isSameDay(at, now)) return time;
  const day = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short" }).format(at);
  return `${day}, ${time}`;
}
