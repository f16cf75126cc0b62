import type { Logger } from "./core/log.ts";
import type { Store } from "./core/store.ts";
import type { LazyWorkflows } from "./lazy-workflows.ts";
import type { Schedule } from "./pipeline/schedule/fire-slots.ts";

/**
 * What happens by the clock besides the store's own chores: follow-ups, digests, and what starts workflows. One call is
 * one look; the cron library is loaded with the first schedule.
 */
export function joinClock(deps: {
  readonly store: Store;
  readonly log: Logger;
  readonly now: () => number;
  readonly deskChores: () => Promise<void>;
  readonly digests: () => readonly Schedule[];
  readonly workflows: LazyWorkflows;
}): () => Promise<void> {
  const { store, log, now, workflows } = deps;
  const schedules = (): readonly Schedule[] => [...deps.digests(), ...(workflows.ready()?.triggers.schedules() ?? [])];
  let fire: (() => Promise<void>) | undefined;

  return async function look(): Promise<void> {
    await deps.deskChores();
    await workflows.openIfUsed();
    if (schedules().length > 0) {
      fire ??= (await import("./pipeline/schedule/fire-slots.ts")).createSlotFirer({ store, log, now, schedules });
      await fire();
    }
    await workflows.ready()?.triggers.onEvents();
  };
}
