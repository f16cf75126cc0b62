/** Where a message begins in a WhatsApp chat: its numbers as they stand there, and who wrote it. */
export interface Heading {
  readonly numbers: readonly [number, number, number];
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Undefined: WhatsApp itself speaks. */
  readonly sender: string | undefined;
  readonly text: string;
}

/** Which of the numbers of a date is what; phones write dates as their country does. */
export type DateOrder = "day-month-year" | "month-day-year" | "year-month-day";

/** "[31.12.25, 21:15:07] Kim: ..." of an iPhone, "12/31/25, 9:15 PM - Kim: ..." of Android; marks of direction before them. */
const heading =
  /^[\u200e\u200f\u202a-\u202e]*(\[)?(\d{1,4})[./-](\d{1,2})[./-](\d{1,4}),?\s+(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?:\s?([ap])\.?\s?m\.?)?(\]\s?|\s-\s)(.*)$/isu;

export function parseHeading(line: string): Heading | undefined {
  const found = heading.exec(line);
  if (found === null) return undefined;
  const [, bracket, a, b, c, hour, minute, second, half, close = "", rest = ""] = found;
  // Both platforms have a form of their own, and no mixture of the two.
  if ((bracket === undefined) === close.startsWith("]")) return undefined;
  const said = /^[\u200e\u200f\u202a-\u202e~\s]*([^:\n]{1,100}?):\s(.*)$/su.exec(`${rest} `);
  const twelve = Number(hour) % 12;
  return {
    numbers: [Number(a), Number(b), Number(c)],
    hour: half === undefined ? Number(hour) : half.toLowerCase() === "p" ? twelve + 12 : twelve,
    minute: Number(minute),
    second: Number(second ?? 0),
    sender: said?.[1]?.replaceAll(/[\u200e\u200f\u202a-\u202e]/gu, "").trim(),
    text: (said?.[2] ?? rest).trimEnd(),
  };
}

/** The order in which all dates are dates and none runs far back; the day first where nothing tells. */
export function pickDateOrder(headings: readonly Heading[], hasHalves: boolean): DateOrder {
  const orders: readonly DateOrder[] = hasHalves
    ? ["month-day-year", "day-month-year", "year-month-day"]
    : ["day-month-year", "month-day-year", "year-month-day"];
  const faults = orders.map((order) => {
    let before = Number.NEGATIVE_INFINITY;
    let count = 0;
    for (const each of headings) {
      const at = timeOf(each, order);
      if (at === undefined || at < before - dayMs) count += 1;
      if (at !== undefined) before = at;
    }
    return count;
  });
  return orders[faults.indexOf(Math.min(...faults))] ?? "day-month-year";
}

const dayMs = 24 * 60 * 60 * 1000;

/** Milliseconds since 1970, with the phone's clock taken for UTC; undefined when there is no such day. */
export function timeOf({ numbers: [a, b, c], hour, minute, second }: Heading, order: DateOrder): number | undefined {
  const [day, month, year] =
    order === "day-month-year" ? [a, b, c] : order === "month-day-year" ? [b, a, c] : [c, b, a];
  const whole = year < 100 ? 2000 + year : year;
  const at = Date.UTC(whole, month - 1, day, hour, minute, second);
  const date = new Date(at);
  return whole >= 2009 && whole < 2100 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? at
    : undefined;
}
