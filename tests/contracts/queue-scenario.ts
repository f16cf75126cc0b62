import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, vi } from "vitest";
import type { WakeQueue } from "../../src/core/queue.ts";

/** How long the tests of queues wait for something that has to happen. */
export const patience = { timeout: 25_000, interval: 20 };

type Step =
  | {
      readonly kind: "wake";
      readonly queue: number;
      readonly conversation: string;
      readonly delayMs: number;
    }
  | { readonly kind: "reopen"; readonly queue: number; readonly graceMs: number }
  | { readonly kind: "pause"; readonly ms: number };

const conversations = ["ada", "grace", "linus"];
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("wake" as const),
      queue: fc.nat(1),
      conversation: fc.constantFrom(...conversations),
      delayMs: fc.constantFrom(0, 0, 15),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("reopen" as const),
      queue: fc.nat(1),
      graceMs: fc.constantFrom(0, 10, 1_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("pause" as const),
      ms: fc.integer({ min: 0, max: 15 }),
    }),
  },
);
/** Steps to play, and which of the handler's runs fail. */
export const scenario = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 40 }),
  failures: fc.array(fc.boolean(), { maxLength: 12 }),
});

/** Plays the steps on two queues; at the end every conversation has had a successful run that began after its last ring. */
export async function playScenario(
  open: () => Promise<WakeQueue>,
  steps: readonly Step[],
  failures: readonly boolean[],
): Promise<void> {
  const meter = createMeter();
  const lastRing = new Map<string, number>();
  const lastSuccess = new Map<string, number>();
  let clock = 0;
  let run = 0;

  async function openWorking(): Promise<WakeQueue> {
    const queue = await open();
    queue.work(
      (conversation, signal) =>
        meter.during(conversation, async () => {
          const startedAt = (clock += 1);
          const fails = failures[run++] ?? false;
          await sleep(Math.random() * 12, undefined, { signal });
          if (fails) throw new Error("failure");
          lastSuccess.set(conversation, startedAt);
        }),
      { concurrency: 2, attempts: 20 },
    );
    return queue;
  }

  const queues = [await openWorking(), await openWorking()];
  const rings: Array<Promise<void>> = [];
  for (const action of steps) {
    if (action.kind === "pause") await sleep(action.ms);
    else if (action.kind === "reopen") {
      await queues[action.queue]?.close(action.graceMs);
      queues[action.queue] = await openWorking();
    } else {
      lastRing.set(action.conversation, (clock += 1));
      rings.push(queues[action.queue]?.wake(action.conversation, { delayMs: action.delayMs }) ?? Promise.resolve());
    }
  }
  await Promise.all(rings);
  try {
    await vi.waitFor(() => {
      for (const [conversation, rungAt] of lastRing)
        expect(lastSuccess.get(conversation) ?? 0, conversation).toBeGreaterThan(rungAt);
    }, patience);
    await idle(...queues);
    expect(meter.mostOfOne).toBeLessThanOrEqual(1);
  } finally {
    await Promise.all(queues.map((queue) => queue.close(1_000)));
  }
}

/** Waits until nothing waits, runs or is delayed. */
export async function idle(...queues: readonly WakeQueue[]): Promise<void> {
  await vi.waitFor(async () => {
    for (const queue of queues)
      expect(await queue.stats()).toEqual({ waiting: 0, running: 0, delayed: 0, oldestMs: 0 });
  }, patience);
}

/** Counts handlers: how many there were, and how many at the same time, of one conversation and of all. */
export function createMeter(): {
  readonly runs: number;
  readonly mostOfOne: number;
  readonly mostOfAll: number;
  during(conversation: string, work: () => Promise<unknown>): Promise<void>;
} {
  const now = new Map<string, number>();
  const meter = {
    runs: 0,
    mostOfOne: 0,
    mostOfAll: 0,
    during: async (conversation: string, work: () => Promise<unknown>): Promise<void> => {
      meter.runs += 1;
      now.set(conversation, (now.get(conversation) ?? 0) + 1);
      meter.mostOfOne = Math.max(meter.mostOfOne, now.get(conversation) ?? 0);
      meter.mostOfAll = Math.max(
        meter.mostOfAll,
        [...now.values()].reduce((sum, count) => sum + count, 0),
      );
      try {
        await work();
      } finally {
        now.set(conversation, (now.get(conversation) ?? 1) - 1);
      }
    },
  };
  return meter;
}
