import type { ChannelState } from "../../src/core/channel.ts";
import { isAfter } from "./message-id.ts";

const stateKey = "cursors";
/** State values hold 64 KiB; a place takes about 50 bytes. */
const maxPlaces = 600;
/** A cursor that lags only makes us read what is known already. */
const saveEveryMs = 1_000;

/** How far one conversation of Slack, or one thread in it, is stored. */
export interface Place {
  readonly chat: string;
  readonly thread?: string;
  readonly ts: string;
}

interface Saved {
  readonly seen?: string;
  readonly places: readonly (readonly [key: string, ts: string, isFollowed: 0 | 1])[];
}

/**
 * How far each conversation is stored, and in which threads we are spoken with. The least recently used go when there
 * are too many. Kept in the channel's state: at once for a new place, else about once a second.
 */
export interface Cursors {
  /** Reads what an earlier process knew. */
  load(): Promise<void>;
  /** The latest message of all that is stored; undefined before the first start. */
  seen(): string | undefined;
  /** Latest used first. */
  places(): readonly Place[];
  isFollowed(chat: string, thread: string): boolean;
  /** Call it once everything up to `ts` there is stored. Never moves back. */
  note(place: Place, isAddressed?: boolean): Promise<void>;
  /** While held, `seen` stays: something older may still be missing in a conversation without a cursor. */
  hold(isHeld: boolean): void;
  /** Marks all before `ts` as not ours to read: for the very first start. */
  begin(ts: string): Promise<void>;
  save(): Promise<void>;
}

export function createCursors(state: ChannelState): Cursors {
  const places = new Map<string, { ts: string; isFollowed: boolean }>();
  let seen: string | undefined;
  let latest: string | undefined;
  let isHeld = false;
  let isDirty = false;
  let timer: NodeJS.Timeout | undefined;
  let saving: Promise<void> = Promise.resolve();

  function save(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const run = async (): Promise<void> => {
      if (!isDirty) return;
      isDirty = false;
      const saved: Saved = {
        ...(seen === undefined ? {} : { seen }),
        places: [...places].map(([key, { ts, isFollowed }]) => [key, ts, isFollowed ? 1 : 0]),
      };
      try {
        await state.set(stateKey, JSON.stringify(saved));
      } catch (error) {
        isDirty = true;
        throw error;
      }
    };
    // One after the other, so that an older picture never overwrites a newer one.
    saving = saving.catch(() => undefined).then(run);
    return saving;
  }

  function saveSoon(): void {
    timer ??= setTimeout(() => void save().catch(() => undefined), saveEveryMs).unref();
  }

  return {
    async load() {
      const saved = parseSaved(await state.get(stateKey));
      places.clear();
      seen = saved.seen;
      latest = seen;
      for (const [key, ts, isFollowed] of saved.places) places.set(key, { ts, isFollowed: isFollowed === 1 });
    },
    seen: () => seen,
    places: () =>
      [...places].toReversed().map(([key, { ts }]) => {
        const [chat = "", thread] = key.split("/");
        return thread === undefined ? { chat, ts } : { chat, thread, ts };
      }),
    isFollowed: (chat, thread) => places.get(`${chat}/${thread}`)?.isFollowed ?? false,
    async note({ chat, thread, ts }, isAddressed = false) {
      const key = thread === undefined ? chat : `${chat}/${thread}`;
      const old = places.get(key);
      const isFollowed = old?.isFollowed === true || (thread !== undefined && isAddressed);
      places.delete(key);
      places.set(key, { ts: old === undefined || isAfter(ts, old.ts) ? ts : old.ts, isFollowed });
      for (const oldest of places.keys()) {
        if (places.size <= maxPlaces) break;
        places.delete(oldest);
      }
      if (latest === undefined || isAfter(ts, latest)) latest = ts;
      if (!isHeld) seen = latest;
      isDirty = true;
      if (old === undefined || old.isFollowed !== isFollowed) await save();
      else saveSoon();
    },
    hold(held) {
      isHeld = held;
      if (isHeld || seen === latest) return;
      seen = latest;
      isDirty = true;
      saveSoon();
    },
    async begin(ts) {
      seen = ts;
      latest = ts;
      isDirty = true;
      await save();
    },
    save,
  };
}

function parseSaved(text: string | undefined): Saved {
  try {
    const { seen, places } = JSON.parse(text ?? "{}") as Partial<Saved>;
    return { ...(seen === undefined ? {} : { seen }), places: places ?? [] };
  } catch {
    return { places: [] };
  }
}
