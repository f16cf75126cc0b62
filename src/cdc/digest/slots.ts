/** Cron patterns of the digests that have a name, in the owner's time zone. */
export const digestSlots = {
  hourly: "0 * * * *",
  daily: "0 8 * * *",
  weekly: "0 8 * * 1",
} as const;

const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** "hourly", "daily 07:30", "weekly fri 17:00" or a cron pattern, as a cron pattern; undefined for what is none of them. */
export function parseDigestWhen(when: string): string | undefined {
  const text = when.trim().toLowerCase().replaceAll(/\s+/g, " ");
  if (text === "hourly") return digestSlots.hourly;
  const [, name, day, hours = "8", minutes = "0"] =
    /^(daily|weekly)(?: ([a-z]{3,9}))?(?: ([01]?\d|2[0-3]):([0-5]\d))?$/.exec(text) ?? [];
  if (name === "daily") return day === undefined ? `${Number(minutes)} ${Number(hours)} * * *` : undefined;
  if (name === "weekly") {
    const weekday = day === undefined ? 1 : weekdays.indexOf(day.slice(0, 3));
    return weekday < 0 ? undefined : `${Number(minutes)} ${Number(hours)} * * ${weekday}`;
  }
  return /^\S+(?: \S+){4,5}$/.test(text) ? when.trim() : undefined;
}

/** Up to where the digests of one name have told: the slot of the last one, and its last row. */
export interface DigestCursor {
  readonly slotAt: number;
  readonly seq: number;
}

/** The rows of one digest: after `afterSeq`, up to and with `toSeq`. */
export interface DigestSpan {
  readonly slotAt: number;
  readonly afterSeq: number;
  readonly toSeq: number;
}

/**
 * Which digest is due. Of several slots that were missed, as after downtime, the last one tells of everything since the
 * last digest: one message, not ten. A slot is told once, also where clocks are put back.
 */
export function decideDigest(
  cursor: DigestCursor,
  slots: readonly number[],
  { now, newestSeq }: { readonly now: number; readonly newestSeq: number },
): DigestSpan | undefined {
  const slotAt = Math.max(...slots.filter((slot) => slot <= now && slot > cursor.slotAt));
  if (!Number.isFinite(slotAt)) return undefined;
  return { slotAt, afterSeq: cursor.seq, toSeq: Math.max(cursor.seq, newestSeq) };
}

/** May a digest be written, given the cursor as it is in the same transaction? Not when another process was first. */
export function canCommitDigest(span: DigestSpan, cursor: DigestCursor): boolean {
  return span.slotAt > cursor.slotAt && span.afterSeq === cursor.seq;
}

/** The rows of a span: half open, so that every row is of exactly one. */
export function pickRows<T extends { readonly seq: number }>(rows: readonly T[], span: DigestSpan): readonly T[] {
  return rows.filter(({ seq }) => seq > span.afterSeq && seq <= span.toSeq);
}
