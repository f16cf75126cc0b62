import type { Logger } from "../core/log.ts";

/** What every engine is told. */
export interface QueueSettings {
  readonly log: Logger;
  /** The clock, in epoch milliseconds. */
  readonly now: () => number;
  /** How long a process that no longer answers keeps its running entries. */
  readonly lockMs: number;
  /** Wait before the first retry; it doubles with each further one. */
  readonly retryMs: number;
}

export const defaultLockMs = 60_000;
export const defaultRetryMs = 1_000;
export const defaultAttempts = 10;
export const defaultGraceMs = 25_000;
/** How long aborted handlers get to wind up before they are left to themselves. */
export const settleMs = 2_000;
/** A running entry whose process died this often is given up: it is likely what kills the process. */
export const maxTakeovers = 20;
/** One process takes in no more rings at once than this; more are told to come back. */
export const maxBufferedRings = 20_000;
