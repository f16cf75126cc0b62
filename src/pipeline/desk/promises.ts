import { planPromise } from "../../cdc/follow-ups/plan-follow-up.ts";
import type { FindPromises } from "../../cdc/promises/find-promises.ts";
import { isPromiseKept } from "../../cdc/promises/is-kept.ts";
import type { createWallClock } from "../../cdc/wall-clock.ts";
import { createId } from "../../core/id.ts";
import type { Store, StoreTransaction } from "../../core/store.ts";

const maxOpen = 20;

export interface PromiseDeps {
  readonly store: Store;
  readonly now: () => number;
  readonly timeZone: string;
  readonly findPromises: FindPromises;
  readonly readClock: ReturnType<typeof createWallClock>;
}

/** Something said in a thread that may promise, or keep what was promised. */
export interface Said {
  readonly by: "owner" | "other";
  /** What to call whoever said it. */
  readonly person: string;
  readonly text: string;
  readonly hasFiles: boolean;
  readonly sentAt: number;
}

/** What a message promises, and which promises it keeps: read now, written with `save`. */
export async function preparePromises(
  { store, now, timeZone, findPromises, readClock }: PromiseDeps,
  conversation: string,
  said: Said,
): Promise<{ readonly promises: boolean; readonly save: (transaction: StoreTransaction) => Promise<void> }> {
  const { by, person, text, sentAt } = said;
  const found = findPromises(text, { now: sentAt, timeZone });
  const open = await store.cdc.openPromises(maxOpen, conversation);
  const kept = open.filter((promise) => isPromiseKept(promise, said));
  return {
    promises: found.length > 0,
    save: async (transaction) => {
      const at = now();
      for (const { id } of kept) await transaction.cdc.settlePromise(id, "kept");
      for (const each of found) {
        const id = createId(at);
        await transaction.cdc.addPromise({ id, conversation, madeBy: by, person, ...each, state: "open", at: sentAt });
        const planned = planPromise({ madeBy: by, ...each }, { now: at, timeZone, readClock });
        if (planned !== undefined)
          await transaction.cdc.addFollowUp({
            id: createId(at),
            conversation,
            ref: id,
            state: "waiting",
            createdAt: at,
            ...planned,
          });
        await transaction.cdc.addEvent("promise", id, at);
      }
    },
  };
}
