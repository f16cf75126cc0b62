/** A clock that stands still until it is told to move. */
export interface FakeClock {
  readonly now: () => number;
  advance(ms: number): void;
}

export function createFakeClock(startAt = Date.UTC(2026, 0, 5, 9, 0, 0)): FakeClock {
  let at = startAt;
  return {
    now: () => at,
    advance: (ms) => {
      at += ms;
    },
  };
}
