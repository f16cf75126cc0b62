import type { ChannelState } from "../../../src/core/channel.ts";
import { AppError } from "../../../src/core/errors.ts";
import { applyChange, createDatabaseData, listChanges, type Change } from "./changes.ts";
import type { Backing } from "./database.ts";

/** A value of the state may have 64 KiB; in base64 and JSON everything is one byte a character. */
const chunkChars = 60_000;
/** Written anew when this many chunks have been added, or as many as the snapshot has, whichever is more. */
const minChunksBeforeSnapshot = 32;

/**
 * Databases that lie in the channel's state. Every committed transaction is one entry of a journal; now and then, and
 * whenever it is opened, the journal begins anew with a snapshot.
 */
export interface Journal {
  /** The database of this name; empty when there was none. */
  keep(name: string): Backing;
  /**
   * Resolves once all transactions that are complete by now are stored. Nothing may leave the process, and no cursor
   * may move, before that. Rejects with AppError "store-failed" when they could not be stored (the next call tries again),
   * "conflict" when another process has opened the journal since.
   */
  flush(): Promise<void>;
  /** For measuring: characters written so far. */
  readonly writtenChars: number;
}

interface Head {
  readonly generation: number;
}

/** Reads what there is and begins a new generation: what another process still writes goes into one that nobody reads. */
export async function openJournal(state: ChannelState, prefix: string): Promise<Journal> {
  const headKey = `${prefix}/head`;
  const stored = await state.get(headKey);
  let generation = stored === undefined ? 0 : (JSON.parse(stored) as Head).generation;
  const databases = await loadDatabases(state, prefix, generation);
  let position = 0;
  let snapshotChunks = 0;
  let writtenChars = 0;
  let pending: (readonly [string, Change])[] = [];
  let running: Promise<void> = Promise.resolve();

  /** Two slots take turns; a chunk names its generation, so what is left of an older one is not taken for a newer. */
  async function write(changes: readonly (readonly [string, Change])[], into: number, from: number): Promise<number> {
    const text = JSON.stringify(changes);
    const count = Math.ceil(text.length / chunkChars);
    for (let index = 0; index < count; index += 1) {
      const mark = index === count - 1 ? "." : "+";
      const chunk = `${into}${mark}${text.slice(index * chunkChars, (index + 1) * chunkChars)}`;
      await state.set(chunkKey(prefix, into, from + index), chunk);
      writtenChars += chunk.length;
    }
    return from + count;
  }

  /** A transaction that is under way has changed the data already, and may still be undone. */
  async function waitForQuiet(): Promise<void> {
    const tails = (): readonly Promise<void>[] => [...databases.values()].map(({ tail }) => tail);
    for (let before = tails(); ; before = tails()) {
      await Promise.all(before);
      if (tails().every((tail, index) => tail === before[index])) return;
    }
  }

  async function writeSnapshot(): Promise<void> {
    await waitForQuiet();
    const covered = pending.length;
    const changes = [...databases].flatMap(([name, { data }]) =>
      [...listChanges(data)].map((change) => [name, change] as const),
    );
    const end = await write(changes, generation + 1, 0);
    await state.set(headKey, JSON.stringify({ generation: generation + 1 } satisfies Head));
    generation += 1;
    position = end;
    snapshotChunks = end;
    pending = pending.slice(covered);
  }

  async function writePending(): Promise<void> {
    if (pending.length === 0) return;
    const head = await state.get(headKey);
    if (head !== undefined && (JSON.parse(head) as Head).generation !== generation)
      throw new AppError("conflict", "Another process has taken over the encryption keys of this device.", {
        hint: "Run the channel in one process only.",
      });
    if (position - snapshotChunks > Math.max(minChunksBeforeSnapshot, snapshotChunks)) {
      await writeSnapshot();
      return;
    }
    const batch = pending;
    pending = [];
    try {
      position = await write(batch, generation, position);
    } catch (error) {
      pending = [...batch, ...pending];
      throw error;
    }
  }

  await writeSnapshot();
  return {
    get writtenChars() {
      return writtenChars;
    },
    keep(name) {
      const known = databases.get(name);
      if (known !== undefined) return known;
      const made = createBacking(name);
      databases.set(name, made);
      return made;
    },
    flush() {
      const before = running.catch(() => undefined);
      running = (async () => {
        await before;
        try {
          await writePending();
        } catch (cause) {
          if (cause instanceof AppError) throw cause;
          throw new AppError("store-failed", "The encryption keys could not be stored.", {
            retryAfterMs: 1_000,
            cause,
          });
        }
      })();
      return running;
    },
  };

  function createBacking(name: string, data = createDatabaseData()): Backing {
    return {
      data,
      tail: Promise.resolve(),
      commit: (changes) => void pending.push(...changes.map((change) => [name, change] as const)),
    };
  }

  async function loadDatabases(from: ChannelState, at: string, number: number): Promise<Map<string, Backing>> {
    const found = new Map<string, Backing>();
    for await (const [name, change] of readEntries(from, at, number)) {
      const backing = found.get(name) ?? createBacking(name);
      found.set(name, backing);
      applyChange(backing.data, change);
    }
    return found;
  }
}

/** An entry whose last chunk is missing was being written when the process died: nobody has relied on it. */
async function* readEntries(
  state: ChannelState,
  prefix: string,
  generation: number,
): AsyncGenerator<readonly [string, Change]> {
  let text = "";
  for (let position = 0; ; position += 1) {
    const chunk = await state.get(chunkKey(prefix, generation, position));
    const [head = "", mark] = chunk === undefined ? [] : (/^(\d+)([.+])/.exec(chunk)?.slice(1) ?? []);
    if (chunk === undefined || head !== String(generation)) return;
    text += chunk.slice(head.length + 1);
    if (mark === "+") continue;
    yield* JSON.parse(text) as readonly (readonly [string, Change])[];
    text = "";
  }
}

function chunkKey(prefix: string, generation: number, position: number): string {
  return `${prefix}/${generation % 2}/${position}`;
}
