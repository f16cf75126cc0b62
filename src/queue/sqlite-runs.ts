import { AppError, describeError } from "../core/errors.ts";
import type { WakeHandler, WorkOptions } from "../core/queue.ts";
import { pickBackoffMs } from "./backoff.ts";
import { tellExhausted } from "./exhausted.ts";
import { defaultAttempts, maxTakeovers, type QueueSettings } from "./settings.ts";
import type { Ending } from "./sqlite-batch.ts";
import type { WakeRow } from "./sqlite-statements.ts";
import { waitAtMost } from "./wait-at-most.ts";

/** The handlers that run in this process, by conversation. */
export interface Runs {
  readonly size: number;
  begin(row: WakeRow): void;
  /** Asks all handlers to stop; they still report how they ended. */
  abort(reason: AppError): void;
  /** Forgets all runs, because their entries belong to another process now: they are aborted and report nothing. */
  lose(): void;
  /** Waits until all have ended, but no longer than this. */
  wait(limitMs: number): Promise<void>;
}

interface Run {
  readonly controller: AbortController;
  readonly attempts: number;
  done: Promise<void>;
}

/** `report` hears of every run's end, in the tick in which it ended. */
export function createRuns(
  handler: WakeHandler,
  options: WorkOptions,
  settings: QueueSettings,
  report: (ending: Ending) => void,
): Runs {
  const { log, now } = settings;
  const running = new Map<string, Run>();
  /** Lost runs that have not ended yet; the same conversation does not begin here before they do. */
  const strays = new Map<string, Promise<void>>();

  async function execute({ conversation, takeovers }: WakeRow, run: Run): Promise<void> {
    const stray = strays.get(conversation);
    if (stray !== undefined) await stray;
    let ending: Ending = { kind: "finished", conversation };
    try {
      if (takeovers > maxTakeovers) {
        throw new AppError("aborted", `${takeovers} processes ended while they ran this conversation.`);
      }
      await handler(conversation, run.controller.signal);
    } catch (error) {
      ending = decideEnding(conversation, run, error, takeovers > maxTakeovers);
    }
    if (running.get(conversation) === run) {
      running.delete(conversation);
      report(ending);
    } else if (strays.get(conversation) === run.done) strays.delete(conversation);
  }

  function decideEnding(conversation: string, run: Run, error: unknown, isHopeless: boolean): Ending {
    if (run.controller.signal.aborted) return { kind: "retry", conversation, dueAt: now(), attempts: run.attempts };
    const attempts = run.attempts + 1;
    if (isHopeless || attempts >= (options.attempts ?? defaultAttempts)) {
      tellExhausted(log, options, conversation, error);
      return { kind: "finished", conversation };
    }
    const waitMs = pickBackoffMs(attempts, settings.retryMs, error);
    log.info({ conversation, attempts, waitMs, error: describeError(error) }, "A handler failed and is tried again.");
    return { kind: "retry", conversation, dueAt: now() + waitMs, attempts };
  }

  function abort(reason: AppError): void {
    for (const run of running.values()) run.controller.abort(reason);
  }

  return {
    get size() {
      return running.size;
    },
    begin: (row) => {
      const run: Run = {
        controller: new AbortController(),
        attempts: row.attempts,
        done: Promise.resolve(),
      };
      running.set(row.conversation, run);
      run.done = execute(row, run);
    },
    abort,
    lose: () => {
      for (const [conversation, run] of running) strays.set(conversation, run.done);
      abort(new AppError("lease-lost", "Another process took this conversation over."));
      running.clear();
    },
    wait: async (limitMs) => {
      if (running.size > 0) await waitAtMost(Promise.all([...running.values()].map((run) => run.done)), limitMs);
    },
  };
}
