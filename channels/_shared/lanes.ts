/** Work of one key goes one behind the other, in the order it was given; keys do not wait for each other. */
export interface Lanes {
  /** Settles as the work does. A failure is its own caller's business and holds nothing up. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export function createLanes(): Lanes {
  const ends = new Map<string, Promise<unknown>>();
  return {
    run(key, work) {
      const before = ends.get(key);
      const done = (async () => {
        await before?.catch(() => undefined);
        return work();
      })();
      const end = done
        .catch(() => undefined)
        .finally(() => {
          if (ends.get(key) === end) ends.delete(key);
        });
      ends.set(key, end);
      return done;
    },
  };
}
