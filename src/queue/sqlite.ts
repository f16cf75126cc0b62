import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../core/database.ts";
import { AppError, describeError } from "../core/errors.ts";
import { createId } from "../core/id.ts";
import type {
  QueueStats,
  WakeHandler,
  WakeOptions,
  WakeQueue,
  WorkOptions,
} from "../core/queue.ts";
import { pickBackoffMs } from "./backoff.ts";
import { nextCronAt } from "./cron-time.ts";
import {
  defaultAttempts,
  defaultGraceMs,
  maxBufferedRings,
  maxTakeovers,
  settleMs,
  type QueueSettings,
} from "./settings.ts";
import { type Batch, type BatchResult, type Ending, writeBatch } from "./sqlite-batch.ts";
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

interface Run {
  readonly controller: AbortController;
  readonly attempts: number;
  done: Promise<void>;
}

interface Work {
  readonly handler: WakeHandler;
  readonly options: WorkOptions;
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
  let work: Work | undefined;
  const running = new Map<string, Run>();
  /** Runs whose entries were taken from us; the same conversation does not begin here before they end. */
  const strays = new Map<string, Promise<void>>();

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

  function countFree(): number {
    if (work === undefined || closing !== undefined) return 0;
    return work.options.concurrency - running.size;
  }

  function requestFlush(): void {
    if (isClosed) return;
    flushing ??= flushAll().finally(() => {
      flushing = undefined;
      if (hasWork()) requestFlush();
    });
  }

  function hasWork(): boolean {
    return (
      rings.size > 0 ||
      endings.length > 0 ||
      takesOver ||
      runsSchedules ||
      (wantsClaim && countFree() > 0)
    );
  }

  async function flushAll(): Promise<void> {
    do await flush();
    while (hasWork() && !isClosed);
  }

  async function flush(): Promise<void> {
    let batch: Batch<BufferedRing> | undefined;
    try {
      // What to write is decided when the transaction begins: everything that came until then is in it.
      const result = await database.write((transaction) =>
        writeBatch(transaction, (batch ??= takeBatch())),
      );
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
    const holds = running.size + endings.length > 0;
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
    log.warn(
      { entries: running.size },
      "This process was silent for too long; its running conversations were taken over.",
    );
    for (const [conversation, run] of running) {
      strays.set(conversation, run.done);
      run.controller.abort(
        new AppError("lease-lost", "Another process took this conversation over."),
      );
    }
    running.clear();
    owner = createId(now());
    aliveUntil = 0;
    wantsClaim = true;
  }

  function begin(row: statements.WakeRow): void {
    const run: Run = {
      controller: new AbortController(),
      attempts: row.attempts,
      done: Promise.resolve(),
    };
    running.set(row.conversation, run);
    heartbeat ??= setInterval(beat, lockMs / 3);
    run.done = execute(row, run);
  }

  async function execute({ conversation, takeovers }: statements.WakeRow, run: Run): Promise<void> {
    const stray = strays.get(conversation);
    if (stray !== undefined) await stray;
    let ending: Ending = { kind: "finished", conversation };
    try {
      if (takeovers > maxTakeovers)
        tellExhausted(
          conversation,
          new AppError("aborted", `${takeovers} processes ended while they ran this conversation.`),
        );
      else await work?.handler(conversation, run.controller.signal);
    } catch (error) {
      ending = decideEnding(conversation, run, error);
    }
    if (running.get(conversation) !== run) {
      strays.delete(conversation);
      return;
    }
    running.delete(conversation);
    endings.push(ending);
    requestFlush();
  }

  function decideEnding(conversation: string, run: Run, error: unknown): Ending {
    if (run.controller.signal.aborted)
      return { kind: "retry", conversation, dueAt: now(), attempts: run.attempts };
    const attempts = run.attempts + 1;
    if (attempts >= (work?.options.attempts ?? defaultAttempts)) {
      tellExhausted(conversation, error);
      return { kind: "finished", conversation };
    }
    const waitMs = pickBackoffMs(attempts, settings.retryMs, error);
    log.info(
      { conversation, attempts, waitMs, error: describeError(error) },
      "A handler failed and is tried again.",
    );
    return { kind: "retry", conversation, dueAt: now() + waitMs, attempts };
  }

  function tellExhausted(conversation: string, error: unknown): void {
    log.error(
      { conversation, error: describeError(error) },
      "A conversation's handler failed for good.",
    );
    try {
      work?.options.onExhausted?.(conversation, error);
    } catch (failure) {
      log.error(
        { conversation, error: describeError(failure) },
        "Telling that a handler failed for good failed itself.",
      );
    }
  }

  function beat(): void {
    if (running.size === 0) {
      clearInterval(heartbeat);
      heartbeat = undefined;
      return;
    }
    if (now() > aliveUntil)
      log.warn({ entries: running.size }, "The queue could not renew its locks in time.");
    wantsClaim = true;
    requestFlush();
  }

  function schedulePoll(at: number): void {
    if (work === undefined || closing !== undefined) return;
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
    await waitForRuns(graceMs);
    for (const run of running.values())
      run.controller.abort(new AppError("aborted", "The process is shutting down."));
    await waitForRuns(settleMs);
    while (flushing !== undefined) await flushing;
    isClosed = true;
    clearInterval(heartbeat);
    if (running.size === 0 && aliveUntil > 0) {
      await database
        .write((transaction) => transaction.run(statements.unregisterStatement(owner)))
        .catch(() => undefined); // It runs out by itself.
    }
  }

  async function waitForRuns(limitMs: number): Promise<void> {
    if (running.size === 0) return;
    const timer = new AbortController();
    const runs = Promise.all([...running.values()].map((run) => run.done));
    await Promise.race([
      runs,
      sleep(limitMs, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
  }

  return {
    wake: (conversation, { delayMs = 0, priority = 0 }: WakeOptions = {}) =>
      new Promise<void>((resolve, reject) => {
        const known = rings.get(conversation);
        if (isClosed)
          return reject(
            new AppError("unreachable", "The queue is closed.", { retryAfterMs: 1_000 }),
          );
        if (known === undefined && rings.size >= maxBufferedRings) {
          return reject(
            new AppError(
              "rate-limited",
              "More rings are waiting to be written than the queue takes.",
              { retryAfterMs: 1_000 },
            ),
          );
        }
        const waiters = known?.waiters ?? [];
        waiters.push({ resolve, reject });
        rings.set(conversation, {
          dueAt: now() + delayMs,
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
      await database.write((transaction) =>
        transaction.run(statements.cancelStatement(conversation)),
      );
    },

    work: (handler, options) => {
      if (work !== undefined) throw new AppError("conflict", "The queue is at work already.");
      work = { handler, options };
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
