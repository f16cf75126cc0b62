/** A slow caller holds up those behind it no longer than this: its own place in the order is lost then. */
const patienceMs = 100;

/**
 * Keeps the order in which calls arrived while their bodies are read: bodies are read side by side, and what was read
 * is taken on in the order of arrival.
 */
export interface Arrivals {
  /** Settles as `read` does, but not before those of earlier calls have settled, or had their time. */
  inOrder<T>(read: Promise<T>): Promise<T>;
}

export function createArrivals(): Arrivals {
  let last: Promise<unknown> = Promise.resolve();
  return {
    inOrder(read) {
      const done = take(read, last);
      last = done.catch(() => undefined);
      return done;
    },
  };
}

async function take<T>(read: Promise<T>, before: Promise<unknown>): Promise<T> {
  try {
    return await read;
  } finally {
    // One that failed keeps its place too: whoever is behind it is behind those before it.
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, patienceMs)));
    await Promise.race([before, patience]);
    clearTimeout(timer);
  }
}
