import type { ChannelState } from "../../src/core/channel.ts";
import { createBoundedList } from "../_shared/bounded-list.ts";

/** "id of the edit", "id of the message it belongs to" */
type Revision = readonly [string, string];

/**
 * An edit has a time of its own, and the next edit, a reaction or a deletion may name the message by it. Here such an
 * id leads back to the message's first one, by which everybody else knows it.
 */
export interface Revisions {
  /** From an id to the id of the message that it is a version of; ids that are no known edits stay as they are. */
  snapshot(): Promise<(id: string) => string>;
  note(editId: string, rootId: string): Promise<void>;
}

export function createRevisions(state: ChannelState): Revisions {
  const list = createBoundedList<Revision>(state, "revisions", 300, ([editId]) => editId);
  return {
    async snapshot() {
      const roots = new Map(await list.load());
      return (id) => roots.get(id) ?? id;
    },
    note: (editId, rootId) => list.put([editId, rootId]),
  };
}
