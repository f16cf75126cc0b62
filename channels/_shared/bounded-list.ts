import type { ChannelState } from "../../src/core/channel.ts";

/** A list in the channel's state that forgets its oldest entries. One process writes at a time; readers take what is there. */
export interface BoundedList<T> {
  load(): Promise<readonly T[]>;
  /** Takes entries of the same key out and puts this one at the end. */
  put(entry: T): Promise<void>;
  /** The value to store for `put`, for a transaction that stores it with something else. */
  preparePut(entry: T): Promise<Readonly<Record<string, string>>>;
}

/** `maxEntries` times the size of an entry must stay under the 64 KiB of a value. */
export function createBoundedList<T>(
  state: ChannelState,
  key: string,
  maxEntries: number,
  keyOf: (entry: T) => string,
): BoundedList<T> {
  /** Entries that were given out to be stored and may not be there yet. */
  let own: readonly T[] = [];

  async function load(): Promise<readonly T[]> {
    const stored = JSON.parse((await state.get(key)) ?? "[]") as readonly T[];
    const ownKeys = new Set(own.map(keyOf));
    return [...stored.filter((entry) => !ownKeys.has(keyOf(entry))), ...own].slice(-maxEntries);
  }

  async function preparePut(entry: T): Promise<Readonly<Record<string, string>>> {
    own = [...own.filter((each) => keyOf(each) !== keyOf(entry)), entry].slice(-maxEntries);
    return { [key]: JSON.stringify(await load()) };
  }

  return {
    load,
    preparePut,
    async put(entry) {
      for (const [name, value] of Object.entries(await preparePut(entry))) await state.set(name, value);
    },
  };
}
