import type { Deadline, Language } from "../classification.ts";
import { months, numbers, relativeDays, timeWords, units, weekdays } from "./date-words.ts";
import {
  dayOf,
  formatDay,
  lastOfMonth,
  nextDate,
  nextOfMonth,
  nextWeekday,
  partsOf,
  weekdayOf,
  weekdayOfNextWeek,
  type Day,
} from "./days.ts";

/** What the clock on the reader's wall shows. */
export interface WallClock {
  readonly today: Day;
  readonly minutes: number;
}

const formatChoice = (words: Readonly<Record<string, unknown>>): string =>
  Object.keys(words)
    .toSorted((a, b) => b.length - a.length)
    .join("|");

const edge = String.raw`(?<![\p{L}\p{N}])`;
const end = String.raw`(?![\p{L}\p{N}])`;
const marker = String.raw`(?:no later than|not later than|at the latest|by|before|until|till|due(?: on| by)?|deadline(?: is| of)?:?|spätestens(?: bis| am)?|bis(?: spätestens)?(?: zum| zu| am)?|vor(?: dem)?|frist(?: ist|:)|d['’]ici(?: à| au| le| la)?|avant(?: le| la| l['’])?|au plus tard(?: le)?|jusqu['’](?:à|au)|pour(?: le)?|para(?: el| la)?|antes (?:del?|de la)(?: el)?|hasta(?: el| la)?|a más tardar(?: el)?|como (?:muy tarde|máximo)(?: el)?)`;
const timePattern = String.raw`(?:(?:at |um |à |a las? |las? |gegen |around )?(\d{1,2})(?::(\d\d)|h(\d\d)?| ?(?:uhr|heures)|(?= ?[ap]\.?m))(?: uhr)?(?: ?([ap])\.?m\.?)?|(?:at )?(noon|midday|mittags?|midi|mediodía|mediodia|midnight|mitternacht|minuit|medianoche))`;
const ordinal = String.raw`(?:st|nd|rd|th|er|e|\.|º)?`;

/** Every way to name a day; each group's name says how it is read. */
const dayPattern = [
  String.raw`(?<iso>\d{4}-\d\d-\d\d)`,
  String.raw`(?<relative>${formatChoice(relativeDays)})`,
  String.raw`(?:the |dem |der |le |el |den )?(?<date>\d{1,2})${ordinal}(?: of| de)? (?<month>${formatChoice(months)})(?:,? (?:de |del )?(?<year>\d{4}))?`,
  String.raw`(?<monthFirst>${formatChoice(months)})\.? (?:the )?(?<dateSecond>\d{1,2})${ordinal}(?:,? (?<yearThird>\d{4}))?`,
  String.raw`(?<dotDate>\d{1,2})\.\s?(?<dotMonth>\d{1,2})\.(?<dotYear>\d{4})?`,
  String.raw`(?<slashFirst>\d{1,2})/(?<slashSecond>\d{1,2})(?:/(?<slashYear>\d{4}))?`,
  String.raw`(?<next>next |nächsten |nächste |nächster |kommenden |kommende |this |this coming |coming |diesen |ce |este |próximo |el próximo |the )?(?<weekday>${formatChoice(weekdays)})(?<following> prochain|  que viene| que viene| próximo| week)?`,
  String.raw`(?<weekEnd>(?:the )?end of (?:the |this )?week|eow|ende der woche|wochenende|(?:la )?fin de (?:la |cette )?semaine|(?:el )?(?:fin|final) de (?:la )?semana)`,
  String.raw`(?<monthEnd>(?:the )?end of (?:the |this )?month|eom|monatsende|ende des monats|(?:la )?fin (?:du|de ce) mois|(?:el )?(?:fin|final) de(?:l)? mes)`,
  String.raw`(?:the |dem |der |zum |le |el )?(?<onlyDate>\d{1,2})(?:st|nd|rd|th|\.(?!\d)|(?<=(?:zum|le|el|del|au) \d{1,2}))`,
].join("|");

const span = String.raw`(?:within|in|innerhalb von|innerhalb|binnen|in den nächsten|dans(?: les)?|sous|en|dentro de|en un plazo de)(?: the next| les)? (?<count>\d{1,3}|${formatChoice(numbers)}) (?<unit>${formatChoice(units)})`;

/** "by Friday at noon", "übermorgen bis 12 Uhr", "before the 3rd of March". */
const marked = new RegExp(
  `${edge}(?<marker>${marker}) (?:${dayPattern})${end}(?:,? ?(?:um |at |à |a las? |by |bis |before |vor )?${timePattern}${end})?`,
  "iu",
);
const dayThenMarkedTime = new RegExp(
  `${edge}(?:${dayPattern})${end},? (?<marker>${marker}) ${timePattern}${end}`,
  "iu",
);
const markedTime = new RegExp(
  `${edge}(?<marker>${marker}) ${timePattern}${end}(?:,? (?:on |am |le |el )?(?:${dayPattern})${end})?`,
  "iu",
);
const unmarked = new RegExp(`${edge}(?:${dayPattern})${end}`, "iu");
const afterTheLatest = new RegExp(
  `${edge}(?:${dayPattern})${end}(?:,? ${timePattern})? (?:at the latest|spätestens|au plus tard|a más tardar|como muy tarde)`,
  "iu",
);
const within = new RegExp(`${edge}${span}${end}`, "iu");
const anyTime = new RegExp(`${edge}${timePattern}${end}`, "iu");
const anyDay =
  /\d|day\b|tag\b|night|tomorrow|tm?rw|\beod\b|\beow\b|\beom\b|\bcob\b|business|noon|week|month|morgen|heute|abend|woch|monat|mittag|demain|soir|midi|hui|di\b|semaine|mois|hoy|mañana|tarde|noche|lunes|martes|rcoles|jueves|viernes|bado|domingo|semana|\bmes\b|hours?\b|stunde|heure|\bhora|\b(?:mon|tue|wed|thu|fri|sat|sun)\b|days\b|tage|jour|día|weeks?\b/i;

/** Could a text name a day or a time? Asked first, because it is quickly told. */
export function namesDay(text: string): boolean {
  return anyDay.test(text);
}

/**
 * The deadline that a sentence sets. A day without "by" or "before" counts only when `isRequest`, and only where it
 * is near: "send it tomorrow" sets one, "the party is on Friday" none.
 */
export function findDeadline(
  text: string,
  language: Language,
  clock: WallClock,
  isRequest: boolean,
): Deadline | undefined {
  const tries: ReadonlyArray<readonly [RegExp, boolean]> = [
    [dayThenMarkedTime, true],
    [marked, true],
    [afterTheLatest, true],
    [markedTime, true],
    [within, isRequest],
    [unmarked, isRequest],
  ];
  for (const [pattern, counts] of tries) {
    if (!counts) continue;
    const found = pattern.exec(text);
    if (found === null) continue;
    const groups = found.groups ?? {};
    if (pattern === unmarked && groups["relative"] === undefined && groups["iso"] === undefined) continue;
    const at = readTime(found[0]);
    const day = groups["count"] === undefined ? readDay(groups, language, clock, at) : readSpan(groups, clock);
    if (day === undefined) continue;
    return { date: formatDay(day), ...(at !== undefined && { time: at }), words: found[0].trim() };
  }
  return undefined;
}

type Groups = Readonly<Record<string, string | undefined>>;

function readDay(
  groups: Groups,
  language: Language,
  { today, minutes }: WallClock,
  time: string | undefined,
): Day | undefined {
  const { iso, relative, weekday, weekEnd, monthEnd, onlyDate, dotDate, slashFirst } = groups;
  const month = groups["month"] ?? groups["monthFirst"];
  if (iso !== undefined) return dayOf(Number(iso.slice(0, 4)), Number(iso.slice(5, 7)), Number(iso.slice(8)));
  if (relative !== undefined) return today + (relativeDays[relative.toLowerCase().replace("’", "'")] ?? 0);
  if (month !== undefined)
    return readDate(
      today,
      months[month.toLowerCase()],
      groups["date"] ?? groups["dateSecond"],
      groups["year"] ?? groups["yearThird"],
    );
  if (dotDate !== undefined) return readDate(today, Number(groups["dotMonth"]), dotDate, groups["dotYear"]);
  if (slashFirst !== undefined) {
    const first = Number(slashFirst);
    const second = Number(groups["slashSecond"]);
    const isMonthFirst = language === "en" && first <= 12;
    return readDate(today, isMonthFirst ? first : second, String(isMonthFirst ? second : first), groups["slashYear"]);
  }
  if (weekday !== undefined) {
    const wanted = weekdays[weekday.toLowerCase()] ?? 0;
    const isNextWeek = /^(?:next|nächste)/i.test(groups["next"] ?? "") || groups["following"] === " week";
    return isNextWeek ? weekdayOfNextWeek(today, wanted) : nextWeekday(today, wanted);
  }
  if (weekEnd !== undefined) return weekdayOf(today) <= 4 ? today - weekdayOf(today) + 4 : today + 6 - weekdayOf(today);
  if (monthEnd !== undefined) return lastOfMonth(today);
  if (onlyDate !== undefined) return nextOfMonth(today, Number(onlyDate));
  if (time === undefined) return undefined;
  const [hours = 0, past = 0] = time.split(":").map(Number);
  return hours * 60 + past > minutes ? today : today + 1;
}

function readDate(
  today: Day,
  month: number | undefined,
  date: string | undefined,
  year: string | undefined,
): Day | undefined {
  if (month === undefined || date === undefined) return undefined;
  return year === undefined ? nextDate(today, month, Number(date)) : dayOf(Number(year), month, Number(date));
}

function readSpan(groups: Groups, { today, minutes }: WallClock): Day | undefined {
  const count = numbers[groups["count"]?.toLowerCase() ?? ""] ?? Number(groups["count"]);
  switch (units[groups["unit"]?.toLowerCase() ?? ""]) {
    case "hour":
      return today + Math.floor((minutes + count * 60) / 1440);
    case "day":
      return today + count;
    case "week":
      return today + 7 * count;
    case "month": {
      const { year, month, date } = partsOf(today);
      const last = partsOf(lastOfMonth(Date.UTC(year, month - 1 + count, 1) / 86_400_000)).date;
      return Date.UTC(year, month - 1 + count, Math.min(date, last)) / 86_400_000;
    }
    case undefined:
      return undefined;
  }
}

/** "17:00"; undefined where no time was said. */
function readTime(said: string): string | undefined {
  const found = anyTime.exec(said);
  if (found === null) return undefined;
  const [, hour, minute, minuteAfterH, half, word] = found;
  if (word !== undefined) return timeWords[word.toLowerCase()];
  const isPm = half?.toLowerCase() === "p";
  const hours = (Number(hour) % (half === undefined ? 25 : 12)) + (isPm ? 12 : 0);
  return hours > 23 ? undefined : `${String(hours).padStart(2, "0")}:${minute ?? minuteAfterH ?? "00"}`;
}
