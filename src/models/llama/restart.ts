const firstWaitMs = 1_000;
const longestWaitMs = 60_000;

/** When a model whose process ended unexpectedly may be started again. */
export interface RestartGuard {
  /** Milliseconds to wait; 0: now. */
  wait(key: string): number;
  crashed(key: string): void;
  worked(key: string): void;
  readonly crashes: number;
}

/** After a single crash at once, after each further one in a row twice as long as before: 1 s, 2 s, up to a minute. */
export function createRestartGuard(now: () => number): RestartGuard {
  const rows = new Map<string, { readonly count: number; readonly until: number }>();
  let crashes = 0;
  return {
    wait: (key) => Math.max(0, (rows.get(key)?.until ?? 0) - now()),
    crashed(key) {
      crashes += 1;
      const count = (rows.get(key)?.count ?? 0) + 1;
      const waitMs = count === 1 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** (count - 2));
      rows.set(key, { count, until: now() + waitMs });
    },
    worked: (key) => void rows.delete(key),
    get crashes() {
      return crashes;
    },
  };
}
