import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Store } from "../../core/store.ts";
import type { Slot } from "../../scheduler/triggers/cron.ts";
import { dueSlots, type DueQuestion } from "../../scheduler/triggers/due-slots.ts";

/** Something that happens at times. */
export interface Schedule extends Pick<DueQuestion, "pattern" | "timeZone" | "catchUp"> {
  /** Unique among all schedules, the same after a restart. */
  readonly id: string;
  /** Must do nothing for a slot that it was given before, whoever gave it: two processes may. */
  fire(slot: Slot): Promise<void>;
}

/** How far a schedule has come. */
interface Progress {
  readonly firedAt?: number;
  readonly seenAt: number;
}

const factKey = "schedules";
/** So often the time we last looked is written down though nothing happened: it is told from sleep by it. */
const noteMs = 60_000;
const pauseMs = 5_000;
const maxPauseMs = 600_000;

/**
 * Fires what is due. A slot counts as fired once `fire` has resolved: what fails is tried again with the next look, and
 * holds up no other schedule.
 */
export function createSlotFirer(deps: {
  readonly store: Pick<Store, "write" | "cdc">;
  readonly log: Logger;
  readonly now: () => number;
  readonly schedules: () => readonly Schedule[];
}): () => Promise<void> {
  const { store, log, now } = deps;

  /** What failed waits a little longer each time. */
  const failures = new Map<string, { readonly count: number; readonly retryAt: number }>();

  return async function fireSlots(): Promise<void> {
    const schedules = deps.schedules();
    if (schedules.length === 0) return;
    const known = ((await store.cdc.fact(factKey)) ?? {}) as Readonly<Record<string, Progress>>;
    const next: Record<string, Progress> = {};
    let isChanged = false;
    for (const schedule of schedules) {
      const before = known[schedule.id];
      const after = await fireDue(schedule, before);
      const isNews = before === undefined || after.firedAt !== before.firedAt || after.seenAt < before.seenAt;
      isChanged ||= isNews || after.seenAt - before.seenAt >= noteMs;
      next[schedule.id] = after;
    }
    isChanged ||= Object.keys(known).some((id) => next[id] === undefined);
    if (isChanged) await store.write((transaction) => transaction.cdc.setFact(factKey, next));
  };

  async function fireDue(schedule: Schedule, before: Progress | undefined): Promise<Progress> {
    const at = now();
    const failed = failures.get(schedule.id);
    if (failed !== undefined && at < failed.retryAt) return before ?? { seenAt: at };
    let firedAt = before?.firedAt;
    const progress = (seenAt: number): Progress => ({ seenAt, ...(firedAt === undefined ? {} : { firedAt }) });
    try {
      for (const slot of dueSlots({
        ...schedule,
        lastFiredSlot: before?.firedAt,
        lastSeenNow: before?.seenAt,
        now: at,
      })) {
        await schedule.fire(slot);
        firedAt = slot.at;
      }
      failures.delete(schedule.id);
      return progress(at);
    } catch (error) {
      const count = (failed?.count ?? 0) + 1;
      failures.set(schedule.id, { count, retryAt: at + Math.min(maxPauseMs, pauseMs * 2 ** (count - 1)) });
      log.warn({ schedule: schedule.id, error: describeError(error) }, "What was due failed and will be tried again.");
      // Not seen: the slot that failed, and those behind it, are due still.
      return progress(firedAt ?? before?.seenAt ?? at);
    }
  }
}
