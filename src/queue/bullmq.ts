import type { Job, JobsOptions, Processor, Queue, WorkerOptions } from "bullmq";
import { AppError, describeError } from "../core/errors.ts";
import type { QueueStats, WakeHandler, WakeOptions, WakeQueue, WorkOptions } from "../core/queue.ts";
import { pickBackoffMs } from "./backoff.ts";
import { nextCronAt } from "./cron-time.ts";
import { tellExhausted } from "./exhausted.ts";
import { defaultAttempts, defaultGraceMs, maxTakeovers, settleMs, type QueueSettings } from "./settings.ts";
import { createTroubleListener } from "./trouble.ts";
import { waitAtMost, within } from "./wait-at-most.ts";

/** The queue's name on every back end. */
export const wakeQueueName = "wake";

export interface WakeData {
  readonly conversation: string;
}

type Settings = Pick<
  WorkerOptions,
  | "concurrency"
  | "lockDuration"
  | "stalledInterval"
  | "maxStalledCount"
  | "drainDelay"
  | "runRetryDelay"
  | "settings"
  | "removeOnComplete"
  | "removeOnFail"
>;

/** What we use of BullMQ's Worker; its own type differs with the back end. */
export interface BullWorker {
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "failed", listener: (job: Job<WakeData> | undefined, error: Error) => void): unknown;
  on(event: "lockRenewalFailed", listener: (jobIds: string[]) => void): unknown;
  pause(doNotWaitActive: boolean): Promise<void>;
  close(force: boolean): Promise<void>;
}

/** What differs between BullMQ's back ends. */
export interface BullConnections {
  /** For messages: "Redis", "PostgreSQL". */
  readonly name: string;
  readonly queue: Pick<
    Queue<WakeData>,
    | "add"
    | "upsertJobScheduler"
    | "getJobScheduler"
    | "removeJobScheduler"
    | "getDeduplicationJobId"
    | "remove"
    | "getJobCounts"
    | "getJobSchedulersCount"
    | "getJobs"
    | "close"
  >;
  createWorker(processor: Processor<WakeData>, settings: Settings): BullWorker;
  /** Throws away what queue and worker left open. */
  close(): Promise<void>;
}

/** No call takes longer, whatever BullMQ waits for. */
const callMs = 6_000;
/** A wake's own tries are counted by the worker, who knows how many it was told; this only keeps BullMQ from stepping in first. */
const jobAttempts = 1_000;
const jobOptions: JobsOptions = {
  attempts: jobAttempts,
  backoff: { type: "custom" },
  removeOnComplete: true,
  removeOnFail: { age: 14 * 86_400, count: 10_000 },
  stackTraceLimit: 1,
};

/** Both the queue and the worker of one back end must be given these: either may work out the next time of a schedule. */
export function repeatSettings(): NonNullable<WorkerOptions["settings"]> {
  return {
    repeatStrategy: (afterMs, options) => nextCronAt(options.pattern ?? "", options.tz ?? "UTC", afterMs),
  };
}

/**
 * A WakeQueue on BullMQ 6. A wake is a job deduplicated by its conversation: while it waits or runs, further rings
 * join it, and `keepLastIfActive` makes one more job of those that come during the run. The conversation is never the
 * job's id: an add that meets a running job of the same id is dropped.
 *
 * A schedule's job cannot be deduplicated, so it only rings.
 */
export function createBullQueue(connections: BullConnections, settings: QueueSettings): WakeQueue {
  const { log, lockMs } = settings;
  const { queue } = connections;
  let work: { readonly handler: WakeHandler; readonly options: WorkOptions } | undefined;
  let worker: BullWorker | undefined;
  const running = new Map<string, AbortController>();
  let onIdle: (() => void) | undefined;
  const calls = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  let isClosed = false;

  /** Asks the server; never takes longer than `callMs`, and every failure of it comes out as one that can be retried. */
  async function reach<T>(action: () => Promise<T>): Promise<T> {
    if (isClosed) throw new AppError("unreachable", "The queue is closed.", { retryAfterMs: 1_000 });
    const call = retryDeadlocks(action);
    calls.add(call);
    try {
      return await within(call, callMs);
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new AppError("unreachable", `The queue's ${connections.name} did not answer.`, {
        hint: `Check that ${connections.name} runs and can be reached from here.`,
        retryAfterMs: 1_000,
        cause: error,
      });
    } finally {
      calls.delete(call);
    }
  }

  async function ring(conversation: string, { delayMs = 0, priority = 0 }: WakeOptions): Promise<void> {
    const options: JobsOptions = {
      ...jobOptions,
      delay: delayMs,
      deduplication: { id: conversation, keepLastIfActive: true, reschedule: true },
    };
    // BullMQ's most urgent priority is 0, so what is more urgent still goes to the head of the line.
    if (priority < 0) options.lifo = true;
    if (priority > 0) options.priority = Math.min(Math.trunc(priority), 2_097_151);
    await queue.add("wake", { conversation }, options);
  }

  async function process(job: Job<WakeData>, token?: string): Promise<void> {
    const { conversation } = job.data;
    if (job.name === "schedule") return reach(() => ring(conversation, {}));
    const id = job.id ?? "";
    const controller = new AbortController();
    running.set(id, controller);
    try {
      if (closing !== undefined) return await giveBack(job, token);
      await work?.handler(conversation, controller.signal);
    } catch (error) {
      if (controller.signal.aborted) return await giveBack(job, token);
      await fail(job, error);
    } finally {
      running.delete(id);
      if (running.size === 0) onIdle?.();
    }
  }

  /** Lets a job that we do not finish wait for another process, without counting it as tried. */
  async function giveBack(job: Job<WakeData>, token: string | undefined): Promise<void> {
    // When this fails, the entry is not ours any more or its lock runs out; either way others take it.
    await job
      .moveToWait(token)
      .catch((error: unknown) => log.debug({ error: describeError(error) }, "A conversation could not be given back."));
    throw named("WaitingError", "given back");
  }

  async function fail(job: Job<WakeData>, error: unknown): Promise<void> {
    const attempts = job.attemptsMade + 1;
    const { conversation } = job.data;
    if (attempts >= Math.min(work?.options.attempts ?? defaultAttempts, jobAttempts)) {
      if (work !== undefined) tellExhausted(log, work.options, conversation, error);
      throw named("UnrecoverableError", describeError(error));
    }
    log.info({ conversation, attempts, error: describeError(error) }, "A handler failed and is tried again.");
    throw error instanceof Error ? error : new Error(String(error));
  }

  function startWorker(options: WorkOptions): void {
    worker = connections.createWorker(process, {
      concurrency: options.concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs / 4,
      maxStalledCount: maxTakeovers,
      runRetryDelay: 1_000,
      settings: {
        ...repeatSettings(),
        backoffStrategy: (attempts, _type, error) => pickBackoffMs(attempts, settings.retryMs, error),
      },
    });
    worker.on("error", createTroubleListener(settings, connections.name));
    worker.on("lockRenewalFailed", (ids) => {
      for (const id of ids)
        running.get(id)?.abort(new AppError("lease-lost", "Another process took this conversation over."));
    });
    worker.on("failed", (job, error) => {
      // Its process died too often while it ran: it fails without our handler having been asked.
      if (job?.deferredFailure !== undefined && job.name === "wake") {
        tellExhausted(log, options, job.data.conversation, error);
      }
    });
  }

  async function shutDown(graceMs: number): Promise<void> {
    if (worker !== undefined) {
      await worker.pause(true).catch(() => undefined);
      await waitForRuns(graceMs);
      for (const controller of running.values())
        controller.abort(new AppError("aborted", "The process is shutting down."));
      await waitForRuns(settleMs);
      // A second close() waits for the first, forced or not, and a stopped server keeps it waiting: so the force is decided here.
      await waitAtMost(worker.close(running.size > 0), settleMs);
    }
    isClosed = true;
    await waitAtMost(Promise.allSettled(calls), callMs); // A call whose connections end under it would hang.
    await waitAtMost(queue.close(), settleMs);
    await waitAtMost(connections.close(), settleMs);
  }

  async function waitForRuns(limitMs: number): Promise<void> {
    if (running.size === 0) return;
    await waitAtMost(new Promise<void>((resolve) => (onIdle = resolve)), limitMs);
  }

  return {
    wake: (conversation, options = {}) => reach(() => ring(conversation, options)),

    schedule: async (id, conversation, cron, timeZone) => {
      if (nextCronAt(cron, timeZone, settings.now()) === undefined)
        throw new AppError("bad-input", `"${cron}" never comes due.`);
      const schedulerId = encodeURIComponent(id); // A raw id may look like a key of BullMQ's own.
      await reach(async () => {
        const known = await queue.getJobScheduler(schedulerId);
        // Saying the same again must not push away a time that was missed while nobody worked.
        if (known?.pattern === cron && known.tz === timeZone && known.template?.data?.conversation === conversation)
          return;
        await queue.upsertJobScheduler(
          schedulerId,
          { pattern: cron, tz: timeZone },
          { name: "schedule", data: { conversation }, opts: jobOptions },
        );
      });
    },

    unschedule: async (id) => {
      await reach(() => queue.removeJobScheduler(encodeURIComponent(id)));
    },

    cancel: (conversation) =>
      reach(async () => {
        const id = await queue.getDeduplicationJobId(conversation);
        if (id !== null) await queue.remove(id); // 0 when it runs: then it stays.
      }),

    work: (handler, options) => {
      if (work !== undefined) throw new AppError("conflict", "The queue is at work already.");
      work = { handler, options };
      startWorker(options);
    },

    stats: () =>
      reach(async (): Promise<QueueStats> => {
        const [counts, schedules, oldest] = await Promise.all([
          queue.getJobCounts("waiting", "prioritized", "active", "delayed"),
          queue.getJobSchedulersCount(),
          queue.getJobs(["waiting", "prioritized"], 0, 0, true),
        ]);
        const dueAts = oldest.filter((job) => job !== undefined).map((job) => job.timestamp + job.delay);
        return {
          waiting: (counts["waiting"] ?? 0) + (counts["prioritized"] ?? 0),
          running: counts["active"] ?? 0,
          delayed: Math.max(0, (counts["delayed"] ?? 0) - schedules),
          oldestMs: dueAts.length === 0 ? 0 : Math.max(0, settings.now() - Math.min(...dueAts)),
        };
      }),

    close: (graceMs = defaultGraceMs) => (closing ??= shutDown(graceMs)),
  };
}

/** PostgreSQL ends one of two adds and completions that wait for each other (BullMQ 6.7 with `reschedule`); nothing was done. */
async function retryDeadlocks<T>(action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      const isDeadlock = error instanceof Error && "code" in error && error.code === "40P01";
      if (!isDeadlock || attempt === 3) throw error;
    }
  }
}

/** BullMQ tells its control errors by name, so that none of its code has to be loaded for one. */
function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
