import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it, vi } from "vitest";
import { isAppError } from "../../src/core/errors.ts";
import type { WakeQueue } from "../../src/core/queue.ts";
import { createMeter, idle, patience, playScenario, scenario } from "./queue-scenario.ts";

/** One engine under test. */
export interface QueueHarness {
  /** Starts what all tests share, such as a server. */
  start?(): Promise<void>;
  stop?(): Promise<void>;
  /** Points to an empty back end, used by all queues opened from now on. */
  reset(): Promise<void>;
  /** Opens one more queue on the back end, as another process would. */
  open(times?: { readonly lockMs?: number; readonly retryMs?: number }): Promise<WakeQueue>;
  /** Starts a process that begins the conversation's handler and never ends it; resolves when it has begun. */
  startHolder(conversation: string, lockMs: number): Promise<{ kill(): Promise<void> }>;
  /** Runs of the random test. */
  readonly propertyRuns: number;
}

const retryMs = 60;

/** What every engine of the bell has to keep. Each queue that a test opens is closed after it. */
export function describeQueue(name: string, harness: QueueHarness): void {
  describe(`queue contract: ${name}`, () => {
    let opened: WakeQueue[] = [];

    async function open(times: { readonly lockMs?: number } = {}): Promise<WakeQueue> {
      const queue = await harness.open({ retryMs, ...times });
      opened.push(queue);
      return queue;
    }

    beforeAll(() => harness.start?.());
    afterAll(() => harness.stop?.());
    beforeEach(() => harness.reset());
    afterEach(async () => {
      await Promise.all(opened.map((queue) => queue.close(0)));
      opened = [];
    });

    it("makes one run of a burst of rings", async () => {
      const queue = await open();
      const runs: string[] = [];
      queue.work(async (conversation) => void runs.push(conversation), { concurrency: 4 });
      for (let ring = 0; ring < 5; ring += 1) await queue.wake("ada", { delayMs: 150 });
      await queue.wake("grace");
      await idle(queue);
      expect(runs.toSorted()).toEqual(["ada", "grace"]);
    });

    it("makes exactly one more run of rings during a run", async () => {
      const queue = await open();
      let runs = 0;
      const gate = createGate();
      queue.work(
        async () => {
          runs += 1;
          if (runs === 1) await gate.opened;
        },
        { concurrency: 4 },
      );
      await queue.wake("ada");
      await vi.waitFor(() => expect(runs).toBe(1), patience);
      for (let ring = 0; ring < 3; ring += 1) await queue.wake("ada");
      expect(runs).toBe(1);
      gate.open();
      await idle(queue);
      expect(runs).toBe(2);
    });

    it("never runs a conversation twice at the same time, but several side by side, over two queues", async () => {
      const queues = [await open(), await open()];
      const meter = createMeter();
      const rung = 60;
      for (const queue of queues)
        queue.work((conversation) => meter.during(conversation, () => sleep(Math.random() * 8)), {
          concurrency: 8,
        });
      await Promise.all(
        Array.from({ length: rung }, async (_, ring) => {
          await sleep(Math.random() * 200);
          await queues[ring % 2]?.wake(`c${ring % 5}`);
        }),
      );
      await idle(...queues);
      expect(meter.mostOfOne).toBe(1);
      expect(meter.mostOfAll).toBeGreaterThan(1);
      expect(meter.runs).toBeGreaterThanOrEqual(5);
      expect(meter.runs).toBeLessThanOrEqual(rung);
    });

    it("waits for the delay, and lets a later ring change it", async () => {
      const queue = await open();
      const starts = new Map<string, number>();
      queue.work(async (conversation) => void starts.set(conversation, Date.now()), {
        concurrency: 4,
      });
      const rungAt = Date.now();
      await queue.wake("sooner", { delayMs: 60_000 });
      await queue.wake("later", { delayMs: 100 });
      await queue.wake("later", { delayMs: 700 });
      expect((await queue.stats()).delayed).toBe(2);
      await queue.wake("sooner");
      await idle(queue);
      expect(starts.get("later")).toBeGreaterThanOrEqual(rungAt + 700);
      expect(starts.get("sooner")).toBeLessThan(rungAt + 60_000);
    });

    it("takes the most urgent first", async () => {
      const queue = await open();
      await queue.wake("patient", { priority: 5 });
      await queue.wake("usual");
      await queue.wake("urgent", { priority: -1 });
      await queue.wake("second", { priority: 1 });
      const runs: string[] = [];
      queue.work(async (conversation) => void runs.push(conversation), { concurrency: 1 });
      await idle(queue);
      expect(runs).toEqual(["urgent", "usual", "second", "patient"]);
    });

    it("cancels what waits and leaves what runs", async () => {
      const queue = await open();
      const runs: string[] = [];
      const gate = createGate();
      let wasAborted = false;
      queue.work(
        async (conversation, signal) => {
          runs.push(conversation);
          if (conversation === "runs") await gate.opened;
          wasAborted ||= signal.aborted;
        },
        { concurrency: 4 },
      );
      await queue.wake("waits", { delayMs: 300 });
      await queue.wake("runs");
      await vi.waitFor(() => expect(runs).toEqual(["runs"]), patience);
      await queue.cancel("waits");
      await queue.cancel("runs");
      await queue.cancel("unknown");
      gate.open();
      await idle(queue);
      await sleep(400);
      expect(runs).toEqual(["runs"]);
      expect(wasAborted).toBe(false);
      await queue.wake("waits"); // A cancelled conversation can be rung again.
      await vi.waitFor(() => expect(runs).toEqual(["runs", "waits"]), patience);
    });

    it("rings by schedule until it is removed; the same id replaces", async () => {
      const queue = await open();
      const runs: string[] = [];
      queue.work(async (conversation) => void runs.push(conversation), { concurrency: 4 });
      await queue.schedule("daily", "first", "0 0 1 1 *", "UTC");
      await queue.schedule("daily", "second", "* * * * * *", "UTC");
      await queue.schedule("daily", "second", "* * * * * *", "UTC"); // Saying it again changes nothing.
      await vi.waitFor(() => expect(runs.length).toBeGreaterThanOrEqual(2), patience);
      await queue.unschedule("daily");
      await queue.unschedule("unknown");
      await idle(queue);
      const before = runs.length;
      await sleep(1_500);
      expect(runs.length).toBe(before);
      expect(new Set(runs)).toEqual(new Set(["second"]));
    });

    it("keeps schedules in their time zone", async () => {
      const queue = await open();
      const starts = new Map<string, number>();
      queue.work(async (conversation) => void starts.set(conversation, Date.now()), {
        concurrency: 4,
      });
      const dueAt = Math.ceil(Date.now() / 1_000) * 1_000 + 2_000;
      const pattern = `${clockIn("Asia/Kathmandu", dueAt)} * * *`;
      await queue.schedule("here", "here", pattern, "Asia/Kathmandu"); // UTC+5:45
      await queue.schedule("elsewhere", "elsewhere", pattern, "America/St_Johns");
      await vi.waitFor(() => expect(starts.has("here")).toBe(true), patience);
      expect(starts.get("here")).toBeGreaterThanOrEqual(dueAt);
      expect(starts.has("elsewhere")).toBe(false);
    });

    it("refuses schedules that it cannot keep", async () => {
      const queue = await open();
      const isBadInput = (error: unknown): boolean => isAppError(error, "bad-input");
      await expect(queue.schedule("a", "ada", "every day", "UTC")).rejects.toSatisfy(isBadInput);
      await expect(queue.schedule("a", "ada", "0 9 * * *", "Mars/Olympus")).rejects.toSatisfy(isBadInput);
    });

    it("tries a failing handler again, later each time, then gives up and says so", async () => {
      const queue = await open();
      const starts: number[] = [];
      const exhausted: unknown[] = [];
      let isBroken = true;
      queue.work(
        async () => {
          starts.push(Date.now());
          if (isBroken) throw new Error(`failure ${starts.length}`);
        },
        {
          concurrency: 4,
          attempts: 3,
          onExhausted: (conversation, error) => exhausted.push([conversation, String(error)]),
        },
      );
      await queue.wake("ada");
      await vi.waitFor(() => expect(exhausted).toHaveLength(1), patience);
      await idle(queue);
      const [first = 0, second = 0, third = 0] = starts;
      expect(starts).toHaveLength(3);
      expect(exhausted).toEqual([["ada", "Error: failure 3"]]);
      expect(second - first).toBeGreaterThanOrEqual(retryMs / 2);
      expect(third - second).toBeGreaterThanOrEqual(retryMs);
      isBroken = false; // It was dropped, not banned.
      await queue.wake("ada");
      await vi.waitFor(() => expect(starts).toHaveLength(4), patience);
    });

    it("loses no ring that came while the last try failed", async () => {
      const queue = await open();
      let runs = 0;
      const exhausted: string[] = [];
      const gate = createGate();
      queue.work(
        async () => {
          runs += 1;
          if (runs > 1) return;
          await gate.opened;
          throw new Error("failure");
        },
        {
          concurrency: 4,
          attempts: 1,
          onExhausted: (conversation) => exhausted.push(conversation),
        },
      );
      await queue.wake("ada");
      await vi.waitFor(() => expect(runs).toBe(1), patience);
      await queue.wake("ada");
      gate.open();
      await vi.waitFor(() => expect(runs).toBe(2), patience);
      expect(exhausted).toEqual(["ada"]);
    });

    it("counts what waits, runs and is delayed", async () => {
      const queue = await open();
      expect(await queue.stats()).toEqual({ waiting: 0, running: 0, delayed: 0, oldestMs: 0 });
      await queue.wake("one");
      await queue.wake("two");
      await queue.wake("three", { delayMs: 60_000 });
      await sleep(20);
      const before = await queue.stats();
      expect(before).toMatchObject({ waiting: 2, running: 0, delayed: 1 });
      expect(before.oldestMs).toBeGreaterThanOrEqual(15);
      const gate = createGate();
      queue.work(() => gate.opened, { concurrency: 1 });
      await vi.waitFor(
        async () => expect(await queue.stats()).toMatchObject({ waiting: 1, running: 1, delayed: 1 }),
        patience,
      );
      gate.open();
    });

    it("is closed only when what runs has ended, and begins nothing more", async () => {
      const queue = await open();
      const events: string[] = [];
      queue.work(
        async (conversation, signal) => {
          events.push(`start ${conversation}`);
          await sleep(250);
          events.push(`end ${conversation} ${signal.aborted}`);
        },
        { concurrency: 1 },
      );
      await queue.wake("first");
      await queue.wake("second");
      await vi.waitFor(() => expect(events).toHaveLength(1), patience);
      await Promise.all([queue.close(10_000), queue.close(10_000)]);
      expect(events).toEqual(["start first", "end first false"]);
      await expect(queue.wake("third")).rejects.toSatisfy(
        (error) => isAppError(error) && error.retryAfterMs !== undefined,
      );
      const next = await open();
      expect(await next.stats()).toMatchObject({ waiting: 1, running: 0 });
    });

    it("aborts what runs for longer than the grace, and hands it to the next process", async () => {
      const queue = await open();
      let hasBegun = false;
      queue.work(
        async (_conversation, signal) => {
          hasBegun = true;
          await sleep(60_000, undefined, { signal });
        },
        {
          concurrency: 4,
          attempts: 1,
          onExhausted: () => expect.unreachable("an aborted run is no failure"),
        },
      );
      await queue.wake("ada");
      await vi.waitFor(() => expect(hasBegun).toBe(true), patience);
      await queue.close(20);
      const next = await open();
      const runs: string[] = [];
      next.work(async (conversation) => void runs.push(conversation), { concurrency: 4 });
      await vi.waitFor(() => expect(runs).toEqual(["ada"]), patience);
    });

    it("takes over what a killed process was running", async () => {
      const lockMs = 2_000;
      const queue = await open({ lockMs });
      await queue.wake("ada");
      const holder = await harness.startHolder("ada", lockMs);
      const runs: string[] = [];
      queue.work(async (conversation) => void runs.push(conversation), { concurrency: 4 });
      await sleep(lockMs * 1.5); // While its process lives, nobody else runs it.
      expect(runs).toEqual([]);
      await holder.kill();
      await vi.waitFor(() => expect(runs).toEqual(["ada"]), patience);
      await idle(queue);
      expect(runs).toEqual(["ada"]);
    });

    it("never loses the last ring, whatever happens in between", { timeout: 240_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async ({ steps, failures }) => {
          await harness.reset();
          await playScenario(() => harness.open({ retryMs: 10 }), steps, failures);
        }),
        { numRuns: harness.propertyRuns, endOnFailure: true },
      );
    });
  });
}

function createGate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** The second, minute and hour that clocks in the zone show, as the beginning of a cron pattern. */
function clockIn(timeZone: string, at: number): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const pick = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return `${pick("second")} ${pick("minute")} ${pick("hour")}`;
}
