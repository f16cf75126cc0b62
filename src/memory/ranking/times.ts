import { listWords } from "./words.ts";

/** A span of days that a question names; both ends in ms since 1970, UTC, the end not included. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** A month or a day of it, in any year where none was named. */
export interface NamedTime {
  readonly year?: number;
  /** From 0. */
  readonly month: number;
  readonly day?: number;
}

export interface QueryTimes {
  readonly named: readonly NamedTime[];
  readonly spans: readonly TimeSpan[];
}

/** English, German, French, Spanish; without accents. */
const monthNames: readonly (readonly string[])[] = [
  ["january", "jan", "januar", "janvier", "enero"],
  ["february", "feb", "februar", "fevrier", "febrero"],
  ["march", "mar", "marz", "mars", "marzo"],
  ["april", "apr", "avril", "abril"],
  ["may", "mai", "mayo"],
  ["june", "jun", "juni", "juin", "junio"],
  ["july", "jul", "juli", "juillet", "julio"],
  ["august", "aug", "aout", "agosto"],
  ["september", "sep", "sept", "septembre", "septiembre"],
  ["october", "oct", "oktober", "okt", "octobre", "octubre"],
  ["november", "nov", "novembre", "noviembre"],
  ["december", "dec", "dezember", "dez", "decembre", "diciembre"],
];
const months = new Map(monthNames.flatMap((names, month) => names.map((name) => [name, month] as const)));
/** Also words of another kind: a month only beside a number, or after a word that goes before months. */
const doubtful = new Set(["may", "march", "mar", "mars", "jan", "sep", "dec", "mai"]);
const beforeMonths = new Set([
  "in",
  "of",
  "since",
  "until",
  "by",
  "during",
  "im",
  "en",
  "de",
  "last",
  "next",
  "early",
  "late",
  "mid",
]);

/** Words that say when something was, or will be; folded. */
const timeWords = new Set(
  `yesterday today tonight tomorrow last next ago weekend week month year since recently just
  monday tuesday wednesday thursday friday saturday sunday
  gestern heute morgen ubermorgen letzte letzten nachste nachsten woche monat jahr seit neulich
  montag dienstag mittwoch donnerstag freitag samstag sonntag
  hier aujourd demain dernier derniere prochain prochaine semaine mois annee depuis
  lundi mardi mercredi jeudi vendredi samedi dimanche
  ayer hoy manana pasado pasada proximo proxima semana mes ano desde
  lunes martes miercoles jueves viernes sabado domingo`.split(/\s+/),
);

const dayMs = 86_400_000;

/** The times that the words of a question name. `now` is what "last week" counts from. Pure, never throws. */
export function parseTimes(words: readonly string[], now: number): QueryTimes {
  return { named: words.flatMap((word, at) => findNamed(words, word, at) ?? []), spans: findSpans(words, now) };
}

function findNamed(words: readonly string[], word: string, at: number): NamedTime | undefined {
  const month = months.get(word);
  if (month === undefined) return undefined;
  const [before = "", after = "", afterNext = ""] = [words[at - 1], words[at + 1], words[at + 2]];
  const day =
    readDay(before) ?? readDay(before === "of" || before === "de" ? words[at - 2] : undefined) ?? readDay(after);
  const year =
    readYear(after) ?? readYear(afterNext) ?? (after === "of" || after === "de" ? readYear(afterNext) : undefined);
  if (doubtful.has(word) && day === undefined && year === undefined && !beforeMonths.has(before)) return undefined;
  return { month, ...(day === undefined ? {} : { day }), ...(year === undefined ? {} : { year }) };
}

function readDay(word: string | undefined): number | undefined {
  const day = Number(/^(\d{1,2})(st|nd|rd|th)?$/.exec(word ?? "")?.[1]);
  return day >= 1 && day <= 31 ? day : undefined;
}

function readYear(word: string): number | undefined {
  return /^(19|20)\d\d$/.test(word) ? Number(word) : undefined;
}

/** "yesterday", "last week", "this month" and their like, and what is said of them in three other languages. */
function findSpans(words: readonly string[], now: number): TimeSpan[] {
  const today = Math.floor(now / dayMs) * dayMs;
  const line = ` ${words.join(" ")} `;
  const spans: TimeSpan[] = [];
  const add = (pattern: RegExp, daysBack: number, days: number) => {
    if (pattern.test(line)) spans.push({ from: today - daysBack * dayMs, to: today + (days - daysBack) * dayMs });
  };
  add(/ (today|tonight|heute|hoy|aujourd hui) /, 0, 1);
  add(/ (yesterday|gestern|hier soir|ayer|last night) /, 1, 1);
  add(/ (this week|diese woche|cette semaine|esta semana) /, 6, 7);
  add(/ (last week|letzte woche|vorige woche|semaine derniere|semana pasada) /, 13, 13);
  add(/ (this month|diesen monat|ce mois|este mes) /, 30, 31);
  add(/ (last month|letzten monat|mois dernier|mes pasado) /, 61, 61);
  return spans;
}

/** How well a moment fits: 1 within a named time or span, 0.7 in the month of a named day, else 0. */
export function fitTimes({ named, spans }: QueryTimes, at: number): number {
  let best = 0;
  for (const { from, to } of spans) if (at >= from && at < to) best = 1;
  if (named.length === 0) return best;
  const date = new Date(at);
  for (const time of named) {
    if (time.month !== date.getUTCMonth()) continue;
    if (time.year !== undefined && time.year !== date.getUTCFullYear()) continue;
    best = Math.max(best, time.day === undefined || time.day === date.getUTCDate() ? 1 : 0.7);
  }
  return best;
}

/** Does a text say when something was? A year, a month, a day of the week, "last", "ago" and their like. */
export function namesTime(text: string): boolean {
  const words = listWords(text);
  return words.some(
    (word, at) => timeWords.has(word) || readYear(word) !== undefined || findNamed(words, word, at) !== undefined,
  );
}
