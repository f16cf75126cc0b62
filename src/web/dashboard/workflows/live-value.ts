import type { Reply } from "../inbox/desk-client.ts";

/** Changes often come several at a time: they are read together. */
const gatherMs = 120;
/** Steps that follow fast on another are not told of one by one: what came of them is read a little later. */
const settleMs = 800;
const comeBackMs = 3_000;

export interface Live<T> {
  readonly value?: T;
  readonly problem?: string;
  /** The server is not heard: what is shown may be old. */
  readonly isLost: boolean;
}

export interface LiveOptions<T> {
  load(): Promise<Reply<T>>;
  /** Calls back with what an event is about, until the returned function is called. */
  listen(onEvent: (ref: string) => void, onHeard: (isHeard: boolean) => void): () => void;
  /** Is the event about this? */
  isWanted(ref: string): boolean;
  /** The returned function takes it back. */
  setTimer(run: () => void, delayMs: number): () => void;
  onChange(live: Live<T>): void;
}

/** A value of the server's: read once, and again after each change that the server tells of. */
export function openLive<T>(options: LiveOptions<T>): { reload(): void; close(): void } {
  let isClosed = false;
  let round = 0;
  let live: Live<T> = { isLost: false };
  const timers = new Map<number, () => void>();

  function change(next: Live<T>): void {
    live = next;
    options.onChange(live);
  }

  async function load(): Promise<void> {
    const own = (round += 1);
    const reply = await options.load();
    // What was asked for later is newer, whichever answer comes first.
    if (isClosed || own !== round) return;
    if (reply.isDone) change({ value: reply.value, isLost: false });
    else {
      change({ ...live, problem: reply.problem, isLost: reply.status === 0 });
      if (reply.status === 0 || reply.status >= 500) later(comeBackMs);
    }
  }

  function later(delayMs: number): void {
    if (timers.has(delayMs)) return;
    const cancel = options.setTimer(() => {
      timers.delete(delayMs);
      void load();
    }, delayMs);
    timers.set(delayMs, cancel);
  }

  const stop = options.listen(
    (ref) => {
      if (!options.isWanted(ref)) return;
      later(gatherMs);
      later(settleMs);
    },
    (isHeard) => {
      // What happened before we listened was told to nobody.
      if (isHeard) later(gatherMs);
      else change({ ...live, isLost: true });
    },
  );
  void load();
  return {
    reload: () => void load(),
    close() {
      isClosed = true;
      stop();
      for (const cancel of timers.values()) cancel();
    },
  };
}
