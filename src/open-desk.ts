import type { LoadedConfig } from "../config/load.ts";
import { formatDigest } from "./cdc/digest/format-digest.ts";
import type { Desk } from "./core/desk.ts";
import { describeError } from "./core/errors.ts";
import { silentLogger } from "./core/log.ts";
import { openForCommands, type CommandStore } from "./open-store.ts";
import { collectDigest } from "./pipeline/desk/collect-digest.ts";
import { learnFromAnswer } from "./pipeline/desk/learn-from-answer.ts";
import { loadJudge } from "./pipeline/desk/load-judge.ts";
import { openDesk } from "./pipeline/desk/open-desk.ts";

export { parseDuration } from "./approvals/draft-answer.ts";

const hourMs = 3_600_000;

export interface CommandDesk {
  readonly store: CommandStore;
  /** As the page has it: what is answered here is answered once, whoever was first. */
  readonly desk: Desk;
  /** What would be told now, by the template: nothing is marked as told. */
  previewDigest(hours: number): Promise<string>;
  /** Open promises and what is looked at again later, as a calendar file. Throws AppError "package-missing". */
  formatCalendar(): Promise<string>;
  /** Learns from what was answered, then closes the store. Resolves with what kept it from learning, if anything did. */
  close(): Promise<string | undefined>;
}

/** The owner's desk for commands, beside a service that may be running: that one sends what is approved here. */
export async function openDeskForCommands(loaded: LoadedConfig): Promise<CommandDesk> {
  const store = await openForCommands(loaded);
  const { owner } = loaded.config;
  const now = Date.now;
  const learning: Promise<void>[] = [];
  const desk = openDesk({
    store,
    now,
    drafts: {
      timeZone: () => owner.timeZone,
      judge: loadJudge,
      onDraftAnswered: (draft) => void learning.push(learnFromAnswer({ store, now, manner: openManner }, draft)),
    },
    // The service finds the turn that can go on by itself.
    onAnswered: () => undefined,
  });

  async function openManner() {
    const { createOwnerManner } = await import("./pipeline/desk/manner.ts");
    // The profile is worked out anew by the service.
    return createOwnerManner({ store, now, log: silentLogger, learn: async () => undefined });
  }

  return {
    store,
    desk,
    async previewDigest(hours) {
      const span = { fromAt: now() - hours * hourMs, toAt: now() };
      const { timeZone, name: ownerName } = owner;
      const digest = await collectDigest(store, "preview", { ...span, timeZone, ownerName });
      // Without links: it names ids, which commands take.
      return formatDigest(digest);
    },
    async formatCalendar() {
      const { formatDeskCalendar } = await import("./pipeline/desk/desk-calendar.ts");
      return formatDeskCalendar(store, owner.timeZone, now());
    },
    async close() {
      const failed = (await Promise.allSettled(learning)).find(({ status }) => status === "rejected");
      await store.close();
      return failed?.status === "rejected" ? describeError(failed.reason) : undefined;
    },
  };
}
