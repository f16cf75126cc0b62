/** What a phrase says. The words in braces of its templates are what `interpret` reads. */
export type Meaning =
  | "everyMinute"
  | "everyMinutes"
  | "everyQuarterHour"
  | "everyHalfHour"
  | "everyHour"
  | "everyHours"
  | "betweenHours"
  | "everyDay"
  | "workdays"
  | "weekend"
  | "weekdays"
  | "weekdayRange"
  | "everyWeek"
  | "everyMonth"
  | "monthDay"
  | "monthEnd"
  | "monthLastWorkday"
  | "nthWeekday"
  | "lastWeekday"
  | "everyYear"
  | "uneven"
  | "today"
  | "tonight"
  | "tomorrow"
  | "dayAfterTomorrow"
  | "onWeekday"
  | "weekdayAlone"
  | "onDate"
  | "inMinutes"
  | "inHours"
  | "inDays"
  | "time"
  | "quarterPast"
  | "halfPast"
  | "halfTo"
  | "quarterTo"
  | "noon"
  | "midnight"
  | "inMorning"
  | "inAfternoon"
  | "inEvening"
  | "everyMorning"
  | "everyAfternoon"
  | "everyEvening";

/**
 * A language's words, and how it says each meaning: pieces of regular expressions in which a space stands for any
 * space, and {count}, {ordinal}, {weekday}, {weekdays}, {fromDay}, {toDay}, {month}, {monthNumber}, {date}, {year},
 * {hour}, {minute}, {half}, {fromHour} and {toHour} for what is read out of them.
 */
export interface Words {
  readonly numbers: Readonly<Record<string, number>>;
  readonly ordinals: Readonly<Record<string, number>>;
  /** From Sunday on. */
  readonly weekdays: readonly string[];
  readonly months: readonly string[];
  readonly and: string;
  /** What makes an hour one of the morning or the afternoon. */
  readonly am: string;
  readonly pm: string;
  readonly says: Readonly<Partial<Record<Meaning, readonly string[]>>>;
}

export interface Language extends Words {
  readonly phrases: ReadonlyArray<readonly [meaning: Meaning, phrase: RegExp]>;
}

export function defineLanguage(words: Words): Language {
  const phrases = Object.entries(words.says).flatMap(([meaning, templates]) =>
    templates.map((template) => [meaning as Meaning, parseTemplate(template, words)] as const),
  );
  return { ...words, phrases };
}

function parseTemplate(template: string, words: Words): RegExp {
  const number = Object.keys(words.numbers).join("|");
  const weekday = words.weekdays.join("|");
  const hour = `\\d{1,2}|${number}`;
  const groups: Readonly<Record<string, string>> = {
    count: `\\d{1,3}|${number}`,
    ordinal: `\\d{1,2}(?:st|nd|rd|th|er|º|\\.)?|${Object.keys(words.ordinals).join("|")}`,
    weekday,
    weekdays: `(?:${weekday})(?:(?: *, *| +(?:${words.and}) +)(?:${weekday})){0,6}`,
    fromDay: weekday,
    toDay: weekday,
    month: words.months.join("|"),
    monthNumber: "\\d{1,2}",
    date: "\\d{1,2}",
    year: "20\\d\\d",
    hour,
    minute: "[0-5]\\d",
    half: `${words.am}|${words.pm}`,
    fromHour: hour,
    toHour: hour,
  };
  const source = template
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>${groups[name]})`)
    .replaceAll(/ (?![*+?])/g, "\\s+")
    .replaceAll(/ (?=[*+?])/g, "\\s");
  return new RegExp(`(?:${source})(?![\\p{L}\\p{N}]|[:.]\\d)`, "iuy");
}

/** The place of the name in the list of patterns, or -1. */
export function findName(patterns: readonly string[], name: string): number {
  return patterns.findIndex((pattern) => new RegExp(`^(?:${pattern})$`, "iu").test(name.trim()));
}

/** A number in digits or in words. */
export function readNumber(words: Readonly<Record<string, number>>, text: string): number | undefined {
  if (/^\d/.test(text)) return Number.parseInt(text, 10);
  const place = findName(Object.keys(words), text);
  return place === -1 ? undefined : Object.values(words)[place];
}
