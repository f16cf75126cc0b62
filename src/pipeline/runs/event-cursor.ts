import type { Store } from "../../core/store.ts";

const cursorKey = "workflow.events";

/** For each workflow that listens to events, the number of the last one that it heard. */
export type EventCursor = Readonly<Record<string, number>>;

type Kept = Pick<Store, "write" | "cdc">;

/** Undefined: nobody listened. */
export async function loadEventCursor({ cdc }: Pick<Store, "cdc">): Promise<EventCursor | undefined> {
  const known = await cdc.fact(cursorKey);
  return typeof known === "object" && known !== null ? (known as EventCursor) : undefined;
}

export async function saveEventCursor(store: Kept, cursor: EventCursor): Promise<void> {
  await store.write((transaction) => transaction.cdc.setFact(cursorKey, cursor));
}

/** Nobody listens any more: whoever listens again begins with what is newest then. */
export async function forgetEventCursor(store: Kept): Promise<void> {
  if ((await store.cdc.fact(cursorKey)) === undefined) return;
  await store.write((transaction) => transaction.cdc.setFact(cursorKey, undefined));
}
