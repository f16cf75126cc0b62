import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../core/database.ts";
import { AppError, describeError } from "../core/errors.ts";
import { createId } from "../core/id.ts";
import type { QueueStats, WakeOptions, WakeQueue } from "../core/queue.ts";
import { nextCronAt } from "./cron-time.ts";
import { defaultGraceMs, maxBufferedRings, settleMs, type QueueSettings } from "./settings.ts";
import { type Batch, type BatchResult, type Ending, writeBatch } from "./sqlite-batch.ts";
import { createRuns, type Runs } from "./sqlite-runs.ts";
import * as statements from "./sqlite-statements.ts";

/** How often the file is looked at for what other processes wrote. Our own rings do not wait for this. */
const pollMs = 400;
/** Pause before writing again after the database failed. */
const brokenMs = 500;

interface BufferedRing {
  readonly dueAt: number;
  readonly priority: number;
  readonly waiters: Array<{
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }>;
}

/**
 * The embedded queue: rows in the store's own SQLite file, shared by any number of processes on one host.
 *
 * One dispatcher per process collects rings, ended runs and its need for new entries, and writes all of it in one
 * transaction, over and over while there is something to write. So a ring that finds a free place is claimed by the
 * commit that stores it, and the end of a run shares a commit with others: the busier, the fewer commits per ring.
 * The database is the caller's to close, after this queue.
 */
export function createSqliteQueue(database: Database, settings: QueueSettings): WakeQueue {
  const { log, now, lockMs } = settings;
  let owner = createId(now());
  let aliveUntil = 0;
  let runs: Runs | undefined;
  let concurrency = 0;

  let rings = new Map<string, BufferedRing>();
  let endings: Ending[] = [];
  let wantsClaim = false;
  let takesOver = false;
  let runsSchedules = false;
  let flushing: Promise<void> | undefined;

  let pollTimer: NodeJS.Timeout | undefined;
  let pollAt = Infinity;
  let heartbeat: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;
  let isClosed = false;

  function countRuns(): number {
    return runs?.size ?? 0;
  }

  function countFree(): number {
    return runs === undefined || closing !== undefined ? 0 : concurrency - runs.size;
  }

  function requestFlush(): void {
    if (isClosed) return;
    flushing ??= flushAll().finally(() => {
      flushing = undefined;
      if (hasWork()) requestFlush();
    });
  }

  async function finishFlushing(): Promise<void> {
    if (flushing === undefined) return;
    await flushing;
    await finishFlushing(); // What ended meanwhile may have begun another.
  }

  function hasWork(): boolean {
    return rings.size > 0 || endings.length > 0 || takesOver || runsSchedules || (wantsClaim && countFree() > 0);
  }

  async function flushAll(): Promise<void> {
    do await flush();
    while (hasWork() && !isClosed);
  }

  async function flush(): Promise<void> {
    let batch: Batch<BufferedRing> | undefined;
    try {
      // What to write is decided when the transaction begins: everything that came until then is in it.
      const result = await database.write((transaction) => writeBatch(transaction, (batch ??= takeBatch())));
      if (batch !== undefined) settle(batch, result);
    } catch (error) {
      log.warn({ error: describeError(error) }, "The queue could not write; it tries again.");
      for (const ring of batch?.rings.values() ?? [])
        for (const waiter of ring.waiters) waiter.reject(toRetryable(error));
      endings = [...(batch?.endings ?? []), ...endings];
      wantsClaim = true;
      if (closing === undefined) await sleep(brokenMs);
      else isClosed = true; // What we hold is taken over by others once our promise has run out.
    }
  }

  function takeBatch(): Batch<BufferedRing> {
    const at = now();
    const free = countFree();
    const holds = countRuns() + endings.length > 0;
    const isNeeded = (free > 0 || holds) && aliveUntil - at < (lockMs * 3) / 4;
    const batch = {
      owner,
      at,
      rings,
      endings,
      free,
      promise: isNeeded ? (aliveUntil > 0 && holds ? "update" : "insert") : "none",
      aliveUntil: at + lockMs,
      takesOver,
      runsSchedules,
    } as const;
    rings = new Map();
    endings = [];
    wantsClaim = takesOver = runsSchedules = false;
    return batch;
  }

  function settle(batch: Batch<BufferedRing>, result: BatchResult): void {
    if (batch.promise !== "none") aliveUntil = batch.aliveUntil;
    if (result.isLost) loseEntries();
    for (const ring of batch.rings.values()) for (const waiter of ring.waiters) waiter.resolve();
    for (const row of result.claimed) begin(row);
    if (result.nextDueAt > batch.at) schedulePoll(result.nextDueAt);
  }

  /** We were silent for longer than `lockMs` (a suspended machine, a blocked event loop): others run our entries now. */
  function loseEntries(): void {
    log.warn({}, "This process was silent for too long; its running conversations were taken over.");
    runs?.lose();
    owner = createId(now());
    aliveUntil = 0;
    wantsClaim = true;
  }

  function begin(row: statements.WakeRow): void {
    if (closing !== undefined) {
      // Claimed by a commit that was on its way when we were told to close: others take it.
      endings.push({
        kind: "retry",
        conversation: row.conversation,
        dueAt: now(),
        attempts: row.attempts,
      });
      return;
    }
    heartbeat ??= setInterval(beat, lockMs / 3);
    runs?.begin(row);
  }

  function beat(): void {
    if (countRuns() === 0) {
      clearInterval(heartbeat);
      heartbeat = undefined;
      return;
    }
    wantsClaim = true;
    requestFlush();
  }

  function schedulePoll(at: number): void {
    if (runs === undefined || closing !== undefined) return;
    const dueAt = Math.min(at, now() + pollMs);
    if (pollTimer !== undefined && pollAt <= dueAt) return;
    clearTimeout(pollTimer);
    pollAt = dueAt;
    pollTimer = setTimeout(() => void poll(), Math.max(1, dueAt - now()));
  }

  /** Looks, without writing, whether there is something to take; only then is the file locked for it. */
  async function poll(): Promise<void> {
    pollTimer = undefined;
    let nextAt = Infinity;
    try {
      nextAt = await peek();
    } catch (error) {
      if (closing !== undefined) return;
      log.warn({ error: describeError(error) }, "The queue could not be read; it tries again.");
    }
    if (hasWork()) requestFlush();
    schedulePoll(nextAt);
  }

  async function peek(): Promise<number> {
    const [row] = await database.read<statements.PeekRow>(statements.peekStatement(owner));
    const at = now();
    const [dueAt, deadAt, scheduleAt] = [
      row?.due_at ?? Infinity,
      (row?.dead_at ?? Infinity) + 1,
      row?.schedule_at ?? Infinity,
    ];
    wantsClaim ||= dueAt <= at;
    takesOver ||= deadAt <= at;
    runsSchedules ||= scheduleAt <= at;
    return Math.min(...[dueAt, deadAt, scheduleAt].filter((time) => time > at));
  }

  async function shutDown(graceMs: number): Promise<void> {
    clearTimeout(pollTimer);
    await runs?.wait(graceMs);
    runs?.abort(new AppError("aborted", "The process is shutting down."));
    await runs?.wait(settleMs);
    await finishFlushing();
    isClosed = true;
    clearInterval(heartbeat);
    if (countRuns() === 0 && aliveUntil > 0) {
      await database
        .write((transaction) => transaction.run(statements.unregisterStatement(owner)))
        .catch(() => undefined); // It runs out by itself.
    }
  }

  return {
    wake: (conversation, { delayMs = 0, priority = 0 }: WakeOptions = {}) =>
      new Promise<void>((resolve, reject) => {
        if (isClosed) return reject(new AppError("unreachable", "The queue is closed.", { retryAfterMs: 1_000 }));
        if (!Number.isFinite(delayMs) || !Number.isFinite(priority)) {
          return reject(new AppError("bad-input", "A ring's delay and priority are finite numbers."));
        }
        const known = rings.get(conversation);
        if (known === undefined && rings.size >= maxBufferedRings) {
          return reject(
            new AppError("rate-limited", "More rings are waiting to be written than the queue takes.", {
              retryAfterMs: 1_000,
            }),
          );
        }
        const waiters = known?.waiters ?? [];
        waiters.push({ resolve, reject });
        rings.set(conversation, {
          dueAt: Math.ceil(now() + delayMs),
          priority: Math.trunc(priority),
          waiters,
        });
        requestFlush();
      }),

    schedule: async (id, conversation, cron, timeZone) => {
      const nextAt = nextCronAt(cron, timeZone, now());
      if (nextAt === undefined) throw new AppError("bad-input", `"${cron}" never comes due.`);
      await database.write((transaction) =>
        transaction.run(
          statements.scheduleStatement({
            id,
            conversation,
            cron,
            time_zone: timeZone,
            next_at: nextAt,
          }),
        ),
      );
      schedulePoll(nextAt);
    },

    unschedule: async (id) => {
      await database.write((transaction) => transaction.run(statements.unscheduleStatement(id)));
    },

    cancel: async (conversation) => {
      const ring = rings.get(conversation);
      rings.delete(conversation);
      for (const waiter of ring?.waiters ?? []) waiter.resolve();
      await database.write((transaction) => transaction.run(statements.cancelStatement(conversation)));
    },

    work: (handler, options) => {
      if (runs !== undefined) throw new AppError("conflict", "The queue is at work already.");
      concurrency = options.concurrency;
      runs = createRuns(handler, options, settings, (ending) => {
        endings.push(ending);
        requestFlush();
      });
      wantsClaim = takesOver = runsSchedules = true;
      requestFlush();
      schedulePoll(Infinity);
    },

    stats: async (): Promise<QueueStats> => {
      const at = now();
      const [row] = await database.read<statements.StatsRow>(statements.statsStatement(at));
      const oldestMs = row?.oldest_at == null ? 0 : Math.max(0, at - row.oldest_at);
      return {
        waiting: row?.waiting ?? 0,
        running: row?.running ?? 0,
        delayed: row?.delayed ?? 0,
        oldestMs,
      };
    },

    close: (graceMs = defaultGraceMs) => (closing ??= shutDown(graceMs)),
  };
}

function toRetryable(error: unknown): AppError {
  if (error instanceof AppError && error.retryAfterMs !== undefined) return error;
  return new AppError("store-failed", "The ring could not be written.", {
    retryAfterMs: 1_000,
    cause: error,
  });
}
