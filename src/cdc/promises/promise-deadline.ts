import type { Language } from "../classification.ts";
import { months, weekdays } from "../deadline/date-words.ts";
import { findDeadline, namesDay, type WallClock } from "../deadline/find-deadline.ts";

const formatChoice = (words: Readonly<Record<string, number>>): string =>
  Object.keys(words)
    .toSorted((one, next) => next.length - one.length)
    .join("|");
const dayWord = `(?:next |this |this coming |coming |nächsten |kommenden |diesen |ce |este |próximo )?(?:${formatChoice(weekdays)})(?![\\p{L}\\p{N}])`;
const monthDay = `\\d{1,2}(?:st|nd|rd|th|er|\\.|º)?(?: of| de)? (?:${formatChoice(months)})(?![\\p{L}])|(?:${formatChoice(months)})\\.? \\d{1,2}(?!\\d)|\\d{1,2}\\.\\s?\\d{1,2}\\.`;
const nearDay =
  "tomorrow|tonight|today|this (?:morning|afternoon|evening)|morgen|heute|übermorgen|demain|après-demain|aujourd['’]hui|ce soir|cet après-midi|mañana|hoy|pasado mañana|esta (?:tarde|noche)";
/** A day that a sentence names without "by", and what may stand before it: "on Monday", "am 12. März". */
const plainDay = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:on |am |den |le |el )?(?:the )?(?=(?:${nearDay}|${dayWord}|${monthDay})(?![\\p{L}]))`,
  "iu",
);

/**
 * By when somebody promised something, as "2026-03-06" or "2026-03-06 12:00". Unlike a request, a promise sets its day
 * without "by", too: "I'll call you on Monday".
 */
export function findPromiseDeadline(text: string, language: Language, readClock: () => WallClock): string | undefined {
  if (!namesDay(text)) return undefined;
  const clock = readClock();
  const found =
    findDeadline(text, language, clock, false) ??
    findDeadline(text.replace(plainDay, "by "), language, clock, false) ??
    findDeadline(text, language, clock, true);
  if (found === undefined) return undefined;
  return found.time === undefined ? found.date : `${found.date} ${found.time}`;
}
