import type { ChannelState } from "../../src/core/channel.ts";
import { createLanes } from "../_shared/lanes.ts";

/** An encrypted message that came before its key. */
export interface WaitingEvent {
  readonly roomId: string;
  readonly eventId: string;
  /** Since when, in epoch milliseconds. */
  readonly at: number;
}

/** Messages whose keys have not come: kept in the state, so that the sync may go on and they are not lost. */
export interface Undecrypted {
  load(): Promise<readonly WaitingEvent[]>;
  /** Resolves once stored; with false when there is no room for more. */
  add(event: WaitingEvent): Promise<boolean>;
  remove(eventId: string): Promise<void>;
}

const stateKey = "undecrypted";
const maxWaiting = 300;

export function createUndecrypted(state: ChannelState): Undecrypted {
  const lanes = createLanes();
  let waiting: readonly WaitingEvent[] | undefined;

  const load = async (): Promise<readonly WaitingEvent[]> =>
    (waiting ??= JSON.parse((await state.get(stateKey)) ?? "[]") as readonly WaitingEvent[]);

  async function save(next: readonly WaitingEvent[]): Promise<void> {
    await state.set(stateKey, JSON.stringify(next));
    waiting = next;
  }

  return {
    load,
    add: (event) =>
      lanes.run("list", async () => {
        const before = await load();
        if (before.some(({ eventId }) => eventId === event.eventId)) return true;
        if (before.length >= maxWaiting) return false;
        await save([...before, event]);
        return true;
      }),
    remove: (eventId) =>
      lanes.run("list", async () => {
        const before = await load();
        const rest = before.filter((event) => event.eventId !== eventId);
        if (rest.length < before.length) await save(rest);
      }),
  };
}
