/** closed: calls pass. open: none until `retryAt`. half-open: one probe is under way and decides. */
export type BreakerState = "closed" | "open" | "half-open";

/** How a call ended, as far as the breaker cares. "refused" is an answer too: the model is there. "unknown" tells nothing (stopped by us). */
export type CallOutcome =
  | { readonly kind: "answered" | "refused" | "unknown" }
  | { readonly kind: "failed"; readonly retryAfterMs?: number };

export interface Breaker {
  /**
   * Asks to make a call. A number is the wait in ms until asking again makes sense; otherwise the call may be made and
   * its outcome must be handed to the function, once (further calls do nothing).
   */
  enter(): ((outcome: CallOutcome) => void) | number;
  state(): { readonly state: BreakerState; readonly failures: number; readonly retryAt?: number };
}

export interface BreakerOptions {
  readonly now: () => number;
  /** Retryable failures in a row that open it. Default 5. */
  readonly openAfter?: number;
  /** From opening to the probe, in ms. Default 60,000. */
  readonly probeAfterMs?: number;
}

/** Guards one model, whoever asks for it. A Retry-After window of the model counts as closed but busy. */
export function createBreaker({ now, openAfter = 5, probeAfterMs = 60_000 }: BreakerOptions): Breaker {
  let failures = 0;
  let openedAt: number | undefined;
  let busyUntil = 0;
  let isProbing = false;

  function retryAt(): number {
    return Math.max(openedAt === undefined ? 0 : openedAt + probeAfterMs, busyUntil);
  }

  function settle(outcome: CallOutcome): void {
    if (outcome.kind === "unknown") return;
    if (outcome.kind === "failed") {
      failures += 1;
      if (outcome.retryAfterMs !== undefined) busyUntil = Math.max(busyUntil, now() + outcome.retryAfterMs);
      if (openedAt !== undefined || failures >= openAfter) openedAt = now();
      return;
    }
    failures = 0;
    openedAt = undefined;
    busyUntil = 0;
  }

  return {
    enter() {
      const wait = retryAt() - now();
      if (wait > 0) return wait;
      // While a probe is out, others wait a second rather than a full period: it may end well soon.
      if (openedAt !== undefined && isProbing) return 1_000;
      const isProbe = openedAt !== undefined;
      if (isProbe) isProbing = true;
      let isSettled = false;
      return (outcome) => {
        if (isSettled) return;
        isSettled = true;
        if (isProbe) isProbing = false;
        // A call begun before the breaker opened must not close it under the probe's feet, nor push the probe back.
        if (!isProbe && openedAt !== undefined) return;
        settle(outcome);
      };
    },
    state() {
      const at = retryAt();
      const state = openedAt === undefined ? "closed" : isProbing ? "half-open" : "open";
      return { state, failures, ...(at > now() ? { retryAt: at } : {}) };
    },
  };
}
