/** A clock that moves when it is told to. */
export interface FakeClock {
  readonly now: () => number;
  advance(ms: number): void;
}

/** Stands still until it is told to move. */
export function createFakeClock(startAt = Date.UTC(2026, 0, 5, 9, 0, 0)): FakeClock {
  let at = startAt;
  return {
    now: () => at,
    advance: (ms) => {
      at += ms;
    },
  };
}

/** This machine's clock, ahead of it by as much as it was told to move: for adapters, whose waits are real. */
export function createRunningClock(): FakeClock {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    advance: (ms) => {
      ahead += ms;
    },
  };
}
