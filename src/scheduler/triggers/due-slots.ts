import { newestSlots, type Slot } from "./cron.ts";

export interface DueQuestion {
  readonly pattern: string;
  readonly timeZone: string;
  /** What becomes of slots that passed in our sleep: none fire, the newest one does, or all do. */
  readonly catchUp: "skip" | "once" | "all";
  /** Time of the newest slot that fired. */
  readonly lastFiredSlot: number | undefined;
  readonly now: number;
  /** `now` of the last time this was asked and the answer was stored; undefined: never. Store it also when it went back. */
  readonly lastSeenNow: number | undefined;
}

/** A longer time since we last looked was sleep: of the machine, of the program, or a clock that was put forward. */
export const sleepMs = 10 * 60_000;
/** A slot younger than this is on time even after a sleep. */
const punctualMs = 60_000;
/** A slot that fired further in the future than this was the work of a clock that went wrong: it is forgotten. */
const wrongClockMs = 24 * 60 * 60_000;
const maxSlots = 100;

/**
 * The slots to fire now, in their order, at most the newest 100. Everything up to the time we last looked is settled;
 * a schedule that was never looked at has missed nothing. While the clock stands before that time or before the newest
 * fired slot, nothing is due.
 *
 * The store has to know the ids of fired slots: they are what keeps two processes, a crash between firing and storing,
 * and a clock that is put back by more than a day from firing a slot twice. Throws AppError "bad-input" like `nextSlot`.
 */
export function dueSlots(question: DueQuestion): readonly Slot[] {
  const { pattern, timeZone, catchUp, lastFiredSlot, now, lastSeenNow } = question;
  const fired = lastFiredSlot === undefined || lastFiredSlot - now > wrongClockMs ? undefined : lastFiredSlot;
  if (lastSeenNow === undefined && fired === undefined) return [];
  const after = Math.max(lastSeenNow ?? -Infinity, fired ?? -Infinity);
  if (after >= now) return [];
  const wasAsleep = now - (lastSeenNow ?? after) > sleepMs;
  const span = { after, until: now, limit: wasAsleep && catchUp !== "all" ? 1 : maxSlots };
  const slots = newestSlots(pattern, timeZone, span);
  return wasAsleep && catchUp === "skip" ? slots.filter(({ at }) => now - at < punctualMs) : slots;
}
