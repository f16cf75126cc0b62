import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { isAppError } from "../../../src/core/errors.ts";
import { openQueue } from "../../queue/open-queue.ts";
import { startPostgres } from "../postgres/start.ts";
import { startRedis } from "../redis/start.ts";

const conversations = Array.from({ length: 40 }, (_, index) => `c${index}`);
const engines = [
  ["redis", startRedis],
  ["postgres", startPostgres],
] as const;

describe.each(engines)("a queue on %s whose server is killed", (kind, startServer) => {
  it("refuses rings meanwhile, and loses none that it took", { timeout: 180_000 }, async () => {
    const server = await startServer();
    const times = { lockMs: 4_000, retryMs: 50 };
    const queues = [
      await openQueue({ kind, url: server.url }, times),
      await openQueue({ kind, url: server.url }, times),
    ];
    const running = new Set<string>();
    const overlaps: string[] = [];
    const lastRing = new Map<string, number>();
    const lastRun = new Map<string, number>();
    let clock = 0;
    let refused = 0;

    async function handle(conversation: string): Promise<void> {
      const startedAt = (clock += 1);
      if (running.has(conversation)) overlaps.push(conversation);
      running.add(conversation);
      await sleep(Math.random() * 12);
      running.delete(conversation);
      lastRun.set(conversation, startedAt);
    }

    async function ring(): Promise<void> {
      const conversation = conversations[Math.floor(Math.random() * conversations.length)] ?? "";
      const rungAt = (clock += 1);
      try {
        await queues[rungAt % 2]?.wake(conversation);
        lastRing.set(conversation, Math.max(rungAt, lastRing.get(conversation) ?? 0));
      } catch (error) {
        expect(isAppError(error, "unreachable") && error.retryAfterMs !== undefined, String(error)).toBe(true);
        refused += 1;
      }
    }

    try {
      for (const queue of queues) queue.work(handle, { concurrency: 8 });
      const ringing = new AbortController();
      const ringers = Array.from({ length: 4 }, async () => {
        while (!ringing.signal.aborted) {
          await ring();
          await sleep(Math.random() * 10);
        }
      });
      for (let kill = 0; kill < 2; kill += 1) {
        await sleep(1_500);
        await server.kill();
        const before = refused;
        await vi.waitFor(() => expect(refused).toBeGreaterThan(before), { timeout: 10_000 });
        await server.restart();
      }
      await vi.waitFor(() => queues[0]?.wake("afterwards"), { timeout: 30_000, interval: 100 });
      await sleep(500);
      ringing.abort();
      await Promise.all(ringers);
      await vi.waitFor(
        () => {
          for (const [conversation, rungAt] of lastRing)
            expect(lastRun.get(conversation) ?? 0, conversation).toBeGreaterThan(rungAt);
        },
        { timeout: 60_000, interval: 100 },
      );
      await vi.waitFor(
        async () => expect(await queues[0]?.stats()).toMatchObject({ waiting: 0, running: 0, delayed: 0 }),
        { timeout: 30_000, interval: 100 },
      );
      expect(overlaps).toEqual([]);
      expect(lastRing.size).toBeGreaterThan(conversations.length / 2);
    } finally {
      await Promise.all(queues.map((queue) => queue.close(1_000)));
      await server.stop();
    }
  });

  it("closes while its server is away", { timeout: 60_000 }, async () => {
    const server = await startServer();
    const queue = await openQueue({ kind, url: server.url }, {});
    queue.work(() => Promise.resolve(), { concurrency: 2 });
    await queue.wake("ada");
    await server.kill();
    await expect(queue.close(100)).resolves.toBeUndefined();
    await server.stop();
  });
});
