import type { ChannelState } from "../../src/core/channel.ts";
import { createStoredEvents, type StoredEvents } from "./stored-events.ts";

/** The gateway session: what is needed to be given every event since the last one stored. */
export interface Session {
  readonly events: StoredEvents;
  /** Reads what an earlier process left. A session that asked for other events is of no use. */
  load(intents: number): Promise<void>;
  /** Of the running session; undefined when there is none. */
  current(): { readonly id: string; readonly url: string } | undefined;
  begin(id: string, url: string, intents: number): void;
  forget(): Promise<void>;
  /** Keeps how far we are. Nothing is kept before `settle`. */
  save(): Promise<void>;
  /** What was missed before this session has been read: from now on it may be taken up again by another process. */
  settle(): void;
}

interface Kept {
  readonly id: string;
  readonly url: string;
  readonly seq: number;
  readonly intents: number;
}

const key = "session";

export function createSession(state: ChannelState): Session {
  const events = createStoredEvents();
  let running: Omit<Kept, "seq"> | undefined;
  let isSettled = false;
  let saved = "";

  async function write(value: string): Promise<void> {
    if (value === saved) return;
    await state.set(key, value);
    saved = value;
  }

  return {
    events,
    async load(intents) {
      const text = (await state.get(key)) ?? "";
      saved = text;
      const kept = text === "" ? undefined : (JSON.parse(text) as Kept);
      if (kept === undefined || kept.intents !== intents) return;
      running = kept;
      isSettled = true;
      events.restart(kept.seq);
    },
    current: () => running,
    begin(id, url, intents) {
      running = { id, url, intents };
      isSettled = false;
      events.restart(0);
    },
    async forget() {
      running = undefined;
      isSettled = false;
      await write("");
    },
    async save() {
      if (running === undefined || !isSettled) return;
      const { id, url, intents } = running;
      await write(JSON.stringify({ id, url, seq: events.stored(), intents } satisfies Kept));
    },
    settle() {
      isSettled = true;
    },
  };
}
