import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Database } from "../../src/core/database.ts";
import { isAppError } from "../../src/core/errors.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { WakeQueue } from "../../src/core/queue.ts";
import { wakeTables } from "../../src/core/wake-tables.ts";
import { maxTakeovers } from "../../src/queue/settings.ts";
import { createSqliteQueue } from "../../src/queue/sqlite.ts";
import { takeOverStatements } from "../../src/queue/sqlite-statements.ts";
import { openSqliteDatabase } from "../../src/store/sqlite-database.ts";

describe("take-over in the embedded queue", () => {
  let folder: string;
  let database: Database;
  let queues: WakeQueue[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "parlance-queue-"));
    database = openSqliteDatabase(join(folder, "queue.db"));
    queues = [];
    await runAll(wakeTables.map((sql) => ({ sql, parameters: [] })));
  });
  afterEach(async () => {
    await Promise.all(queues.map((queue) => queue.close(0)));
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function runAll(
    statements: ReadonlyArray<{ readonly sql: string; readonly parameters: readonly unknown[] }>,
  ): Promise<void> {
    await database.write(async (transaction) => {
      for (const statement of statements) await transaction.run(statement);
    });
  }

  function open(lockMs: number): WakeQueue {
    const queue = createSqliteQueue(database, {
      log: silentLogger,
      now: Date.now,
      lockMs,
      retryMs: 10,
    });
    queues.push(queue);
    return queue;
  }

  it("aborts a run whose entry was taken, never runs it twice at a time here, and goes on", async () => {
    const queue = open(300);
    const events: string[] = [];
    const { promise: release, resolve: letEnd } = Promise.withResolvers<void>();
    queue.work(
      async (_conversation, signal) => {
        events.push("start");
        if (events.length > 1) return;
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        events.push(isAppError(signal.reason, "lease-lost") ? "lost" : "aborted otherwise");
        await release;
        events.push("end");
      },
      { concurrency: 4 },
    );
    await queue.wake("ada");
    await vi.waitFor(() => expect(events).toEqual(["start"]));
    await runAll(takeOverStatements(Date.now() + 60_000)); // As another process does that thinks this one dead.
    await vi.waitFor(() => expect(events).toEqual(["start", "lost"]), { timeout: 10_000 });
    await queue.wake("ada");
    await queue.wake("grace");
    await vi.waitFor(async () => expect((await queue.stats()).running).toBe(1), {
      timeout: 10_000,
    });
    expect(events).toEqual(["start", "lost", "start"]); // grace; ada's second run waits for her first.
    letEnd();
    await vi.waitFor(() => expect(events).toEqual(["start", "lost", "start", "end", "start"]), {
      timeout: 10_000,
    });
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ waiting: 0, running: 0 }), {
      timeout: 10_000,
    });
  });

  it("gives up a conversation that kills one process after another", async () => {
    const queue = open(60_000);
    await queue.wake("ada");
    await queue.wake("grace");
    await runAll([
      {
        sql: "UPDATE wake SET owner = 'dead', takeovers = ? WHERE conversation = 'ada'",
        parameters: [maxTakeovers],
      },
    ]);
    await runAll([
      {
        sql: "UPDATE wake SET owner = 'dead', takeovers = ? WHERE conversation = 'grace'",
        parameters: [maxTakeovers - 1],
      },
    ]);
    const runs: string[] = [];
    const exhausted: string[] = [];
    queue.work(async (conversation) => void runs.push(conversation), {
      concurrency: 4,
      onExhausted: (conversation) => exhausted.push(conversation),
    });
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ waiting: 0, running: 0 }), {
      timeout: 10_000,
    });
    expect(runs).toEqual(["grace"]);
    expect(exhausted).toEqual(["ada"]);
  });
});
