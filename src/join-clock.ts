import type { Config } from "../config/schema.ts";
import type { Logger } from "./core/log.ts";
import type { Store } from "./core/store.ts";
import type { LazyWorkflows } from "./lazy-workflows.ts";
import type { PipelineDeps } from "./pipeline/deps.ts";
import type { DigestDesk } from "./pipeline/desk/digest-desk.ts";
import type { Schedule } from "./pipeline/schedule/fire-slots.ts";

export interface Clock {
  /** One look at what is due. */
  look(): Promise<void>;
  readonly previewDigest: NonNullable<PipelineDeps["previewDigest"]>;
}

/**
 * What happens by the clock besides the store's own chores: follow-ups, digests, and what starts workflows. Digests
 * and the cron library are loaded with the first schedule.
 */
export function joinClock(deps: {
  readonly store: Store;
  readonly log: Logger;
  readonly now: () => number;
  readonly config: () => Config;
  readonly pipeline: () => PipelineDeps;
  readonly deskChores: () => Promise<void>;
  readonly workflows: () => LazyWorkflows;
}): Clock {
  const { store, log, now, config } = deps;
  let digests: Promise<DigestDesk> | undefined;
  let fire: (() => Promise<void>) | undefined;
  let schedules: readonly Schedule[] = [];

  function useDigests(): Promise<DigestDesk> {
    digests ??= import("./pipeline/desk/digest-desk.ts").then(({ createDigestDesk }) =>
      createDigestDesk({
        deps: deps.pipeline(),
        plans: () => Object.entries(config().digests).map(([name, { when, to = "owner" }]) => ({ name, when, to })),
        link: ({ kind, id }) => {
          const { publicUrl } = config().http;
          return publicUrl === undefined
            ? undefined
            : new URL(`/#/inbox/${kind}/${encodeURIComponent(id)}`, publicUrl).href;
        },
      }),
    );
    return digests;
  }

  return {
    async look() {
      const workflows = deps.workflows();
      await deps.deskChores();
      await workflows.openIfUsed();
      const hasDigests = Object.keys(config().digests).length > 0;
      schedules = [
        ...(hasDigests ? (await useDigests()).schedules() : []),
        ...(workflows.ready()?.triggers.schedules() ?? []),
      ];
      if (schedules.length > 0) {
        fire ??= (await import("./pipeline/schedule/fire-slots.ts")).createSlotFirer({
          store,
          log,
          now,
          schedules: () => schedules,
        });
        await fire();
      }
      await workflows.ready()?.triggers.onEvents();
    },
    previewDigest: async (hours) => (await useDigests()).preview(hours),
  };
}
