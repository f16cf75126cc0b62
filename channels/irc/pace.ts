/** A token bucket: `burst` at once, then so many per second. */
export interface Pace {
  /** Resolves when one more may go out, in the order of the calls; early, without throwing, when the signal aborts. */
  take(signal: AbortSignal): Promise<void>;
}

export interface PaceOptions {
  readonly burst: number;
  readonly perSecond: number;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export function createPace({ burst, perSecond, now, sleep }: PaceOptions): Pace {
  const intervalMs = 1000 / perSecond;
  /** When the bucket is full again. */
  let fullAt = 0;

  return {
    async take(signal) {
      fullAt = Math.max(now(), fullAt) + intervalMs;
      const waitMs = fullAt - now() - burst * intervalMs;
      if (waitMs > 0) await sleep(waitMs, signal);
    },
  };
}
