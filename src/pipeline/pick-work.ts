import { createId } from "../core/id.ts";
import type { ConversationState, Store } from "../core/store.ts";
import { pickBatch } from "./pick-batch.ts";
import type { TurnWork } from "./turn-work.ts";

const maxBatch = 50;

/** What a conversation has to do next: a turn that was begun before, else its unread mail. Undefined: nothing. */
export async function pickWork(
  store: Pick<Store, "openTurns" | "unreadMail">,
  state: ConversationState,
  now: number,
): Promise<TurnWork | undefined> {
  if (state.hasOpenTurn) {
    const [open] = await store.openTurns(state.id);
    if (open !== undefined) {
      const { turn, steps } = open;
      const { id, inbox: items, isTainted, startedAt } = turn;
      return { id, items, steps, isJournalled: true, isTainted, startedAt };
    }
  }
  const items = pickBatch(await store.unreadMail(state.id, maxBatch));
  return items.length === 0
    ? undefined
    : { id: createId(now), items, steps: [], isJournalled: false, isTainted: false, startedAt: now };
}
