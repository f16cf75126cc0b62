import { watch } from "node:fs";

export interface WatchFolderOptions {
  /** Which file names matter; absent: all. */
  readonly isWanted?: (name: string) => boolean;
  /** Called after changes have settled, never twice at a time. What it throws becomes an unhandled rejection: a bug. */
  readonly onChange: () => Promise<void> | void;
  readonly signal: AbortSignal;
  /** Folders below it, too. */
  readonly isDeep?: boolean;
  readonly debounceMs?: number;
}

const pollMs = 2000;

/**
 * Calls back when something in a folder (in folders below it only when asked) changed, until the signal aborts. A folder that is
 * missing is waited for. Where the system has no watches left, calls back every two seconds instead: the callback must
 * itself find out whether anything is new. Keeps no process alive.
 */
export function watchFolder(
  folder: string,
  { isWanted, onChange, signal, isDeep = false, debounceMs = 150 }: WatchFolderOptions,
): void {
  let timer: NodeJS.Timeout | undefined;
  let isRunning = false;
  let isStale = false;

  function settle(): void {
    clearTimeout(timer);
    if (!signal.aborted) timer = setTimeout(() => void run(), debounceMs).unref();
  }

  async function run(): Promise<void> {
    if (isRunning) {
      isStale = true;
      return;
    }
    isRunning = true;
    try {
      await onChange();
    } finally {
      isRunning = false;
    }
    if (isStale) {
      isStale = false;
      settle();
    }
  }

  let poll: NodeJS.Timeout | undefined;
  function start(): void {
    try {
      const watcher = watch(folder, { persistent: false, signal, recursive: isDeep }, (_event, name) => {
        if (name === null || isWanted === undefined || isWanted(name)) settle();
      });
      watcher.on("error", pollInstead);
      if (poll === undefined) return;
      clearInterval(poll);
      poll = undefined;
      settle(); // what happened before we watched
    } catch (error) {
      if (poll !== undefined && (error as NodeJS.ErrnoException).code !== "ENOENT") settle();
      pollInstead();
    }
  }

  function pollInstead(): void {
    if (!signal.aborted) poll ??= setInterval(start, pollMs).unref();
  }

  if (signal.aborted) return;
  signal.addEventListener(
    "abort",
    () => {
      clearTimeout(timer);
      clearInterval(poll);
    },
    { once: true },
  );
  start();
}
