/** What somebody wrote about a draft that waits. */
export type DraftWish =
  | { readonly kind: "edit"; readonly id: string; readonly text: string }
  | { readonly kind: "snooze"; readonly id: string; readonly forMs: number };

const edit = /^\s*\/edit(?:@\w+)?\s+`?([\w-]{1,64})`?(?:\s+([^]*))?$/i;
const snooze = /^\s*\/snooze(?:@\w+)?\s+`?([\w-]{1,64})`?(?:\s+(\S+))?\s*$/i;
const defaultSnoozeMs = 4 * 3_600_000;
const maxSnoozeMs = 60 * 86_400_000;
const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Reads "/edit ID words" and "/snooze ID 2h". Undefined: something else. */
export function parseDraftWish(text: string): DraftWish | undefined {
  const [, edited, words = ""] = edit.exec(text) ?? [];
  if (edited !== undefined) return { kind: "edit", id: edited, text: words.trim() };
  const [, snoozed, time] = snooze.exec(text) ?? [];
  if (snoozed === undefined) return undefined;
  const forMs = time === undefined ? defaultSnoozeMs : parseDuration(time);
  return forMs === undefined ? undefined : { kind: "snooze", id: snoozed, forMs };
}

/** "30m", "2h", "1d", "1w" in milliseconds, at most 60 days; undefined: no such thing. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d{1,4})([mhdw])$/i.exec(text) ?? [];
  const unitMs = units[unit.toLowerCase()];
  if (count === undefined || unitMs === undefined) return undefined;
  const ms = Number(count) * unitMs;
  return ms > 0 ? Math.min(ms, maxSnoozeMs) : undefined;
}
