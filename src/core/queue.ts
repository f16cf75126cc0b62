/**
 * The bell. A wake says no more than "this conversation has mail"; the mail itself lies in the database. So a wake
 * that is lost, doubled or late loses, doubles and reorders nothing.
 *
 * Terms: a conversation is *waiting* when it was rung and no handler runs for it, *running* while its handler runs.
 * At most one of each per conversation, across all processes.
 */
export interface WakeQueue {
  /**
   * Rings for a conversation. A conversation already waiting stays one entry (the later ring's delay applies); one
   * that is running will run once more afterwards. Rejects with a retryable AppError when the engine is not reached:
   * the caller may ignore that, the sweeper rings again.
   */
  wake(conversation: string, options?: WakeOptions): Promise<void>;
  /** Rings for `conversation` at every time of the cron pattern in the time zone. The same id replaces. */
  schedule(id: string, conversation: string, cron: string, timeZone: string): Promise<void>;
  /** Removes a schedule. Unknown ids are no error. */
  unschedule(id: string): Promise<void>;
  /** Removes a waiting wake. A running one is not touched. */
  cancel(conversation: string): Promise<void>;
  /**
   * Runs the handler for waiting conversations, at most `concurrency` at a time in this process. A handler that
   * throws is rung again with exponential backoff, `attempts` times, then `onExhausted` is told and it is dropped.
   * The signal given to the handler aborts on close. May be called once.
   */
  work(handler: WakeHandler, options: WorkOptions): void;
  stats(): Promise<QueueStats>;
  /** Takes no more work, waits up to `graceMs` for running handlers, then aborts them. Idempotent. */
  close(graceMs?: number): Promise<void>;
}

export interface WakeOptions {
  readonly delayMs?: number;
  /** Lower comes first; 0 is the default. */
  readonly priority?: number;
}

export type WakeHandler = (conversation: string, signal: AbortSignal) => Promise<void>;

export interface WorkOptions {
  readonly concurrency: number;
  /** Tries before giving up, the first included. Default 10. */
  readonly attempts?: number;
  readonly onExhausted?: (conversation: string, error: unknown) => void;
}

export interface QueueStats {
  readonly waiting: number;
  readonly running: number;
  readonly delayed: number;
  /** Age of the oldest entry that is due and waiting, in milliseconds; 0 when none is. */
  readonly oldestMs: number;
}
