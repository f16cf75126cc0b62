/** The time of day that a word such as "morning" stands for when no hour is said. */
export type DayPart = "morning" | "afternoon" | "evening";

export type OnceDay =
  | { readonly kind: "days-ahead"; readonly count: number }
  | { readonly kind: "weekday"; readonly weekday: number }
  | { readonly kind: "date"; readonly day: number; readonly month: number; readonly year?: number };

/** What has been understood so far: each piece is said by one phrase. */
export interface Draft {
  /** Several times a day. */
  readonly every?: { readonly minutes: number } | { readonly hours: number };
  readonly between?: { readonly fromHour: number; readonly toHour: number };
  /** Fields of a cron pattern: again and again. */
  readonly days?: { readonly dayOfMonth: string; readonly weekday: string };
  readonly once?: OnceDay;
  /** Every other day, every second Friday: what cron cannot count. */
  readonly isUneven?: true;
  /** The date comes again each year. */
  readonly isYearly?: true;
  readonly inMs?: number;
  readonly time?: { readonly hour: number; readonly minute: number; readonly isHalfKnown: boolean };
  readonly dayPart?: DayPart;
  /** The words alone prove nothing: a time has to go with them. */
  readonly needsTime?: true;
}

/** Both, or undefined where they say the same thing twice or contradict each other. */
export function joinDrafts(one: Draft, other: Draft): Draft | undefined {
  const isTwice = Object.keys(other).some((key) => key in one && key !== "needsTime");
  const all = { ...one, ...other };
  const kinds = [all.days ?? all.every, all.once, all.inMs].filter((kind) => kind !== undefined);
  const hasTime = all.time !== undefined || all.dayPart !== undefined;
  const isTimeWrong = hasTime && (all.every !== undefined || all.inMs !== undefined);
  const isSpanWrong = all.between !== undefined && (all.once !== undefined || all.inMs !== undefined || hasTime);
  return isTwice || kinds.length > 1 || isTimeWrong || isSpanWrong ? undefined : all;
}
