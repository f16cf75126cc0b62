import { setTimeout as wait } from "node:timers/promises";
import { AppError, describeError, isAppError } from "../../src/core/errors.ts";
import type { ChannelHealth, ChannelSink } from "../../src/core/channel.ts";

/** After how long one tries again where the platform lets us in no more: a person mends that, within minutes at best. */
export const usualRefusedMs = 10 * 60_000;

export interface Patience {
  /** After how long a login is tried again that worked before and is refused now; default 10 min. */
  readonly refusedMs?: number;
}

export interface ReconnectOptions extends Patience {
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** Told of every change of state. */
  readonly sink: Pick<ChannelSink, "health">;
  /** First and largest backoff; defaults 1 s and 60 s. */
  readonly minMs?: number;
  readonly maxMs?: number;
  /** A connection that was up this long starts the backoff anew; default 30 s. */
  readonly stableMs?: number;
  readonly random?: () => number;
  readonly now?: () => number;
  /** Resolves early, without throwing, when the signal aborts. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Keeps a connection: calls `connect` again, after a backoff with full jitter, whenever it ends or throws, until the
 * signal aborts; then resolves once the running `connect` has ended. `connect` calls `up` when it is connected, and
 * lives as long as the connection does. An AppError without retryAfterMs fails for good and is thrown on; its
 * retryAfterMs, where there is one, is the least wait. "unauthorised" is for good only where we were never let in: what
 * was let in before may be again, so that is told as "down", with what to do, and tried again after a long while.
 */
export async function runWithReconnect(
  connect: (signal: AbortSignal, up: () => void) => Promise<void>,
  options: ReconnectOptions,
): Promise<void> {
  const {
    signal,
    minMs = 1_000,
    maxMs = 60_000,
    stableMs = 30_000,
    refusedMs = usualRefusedMs,
    random = Math.random,
    now = Date.now,
    sleep = sleepUntilAborted,
  } = options;
  const tell = tellChanges(options.sink);
  let attempt = 0;
  let wasLetIn = false;
  while (!signal.aborted) {
    if (attempt === 0) tell({ state: "connecting", reason: "connecting" });
    let upAt: number | undefined;
    let reason = "the connection was closed";
    let leastMs = 0;
    try {
      await connect(signal, () => {
        upAt ??= now();
        wasLetIn = true;
        tell({ state: "up" });
      });
    } catch (error) {
      if (signal.aborted) return;
      reason = describeFailure(error);
      if (error instanceof AppError && error.retryAfterMs === undefined) {
        const isRefused = wasLetIn && isAppError(error, "unauthorised");
        tell({ state: "down", reason: isRefused ? describeError(error) : reason });
        if (!isRefused) throw error;
        attempt = 1; // whatever comes next, it is no first connection
        await sleep(refusedMs, signal);
        continue;
      }
      leastMs = error instanceof AppError ? (error.retryAfterMs ?? 0) : 0;
    }
    if (signal.aborted) return;
    if (upAt !== undefined && now() - upAt >= stableMs) attempt = 0;
    attempt += 1;
    tell({ state: "connecting", reason });
    await sleep(Math.max(leastMs, pickBackoff(attempt, minMs, maxMs, random)), signal);
  }
}

/** Full jitter: anything between 0 and the cap, which doubles with each attempt from `minMs` to `maxMs`. */
export function pickBackoff(attempt: number, minMs: number, maxMs: number, random: () => number = Math.random): number {
  return random() * Math.min(maxMs, minMs * 2 ** Math.min(attempt - 1, 30));
}

/** Waits; an abort ends the wait early and is no error. */
export async function sleepUntilAborted(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}

/** Words of foreign errors may hold URLs with tokens, so only their code or name is told. */
function describeFailure(error: unknown): string {
  if (error instanceof AppError) return error.message;
  if (!(error instanceof Error)) return "unknown failure";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

function tellChanges(sink: Pick<ChannelSink, "health">): (health: ChannelHealth) => void {
  let last = "";
  return (health) => {
    const words = JSON.stringify(health);
    if (words === last) return;
    last = words;
    sink.health(health);
  };
}
