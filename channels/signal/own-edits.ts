import { createHash } from "node:crypto";
import type { ChannelState } from "../../src/core/channel.ts";
import { createBoundedList } from "../_shared/bounded-list.ts";

export interface OwnEdit {
  readonly id: string;
  /** Time of the version that people see: the next edit has to name it, or phones drop it. */
  readonly timestamp: number;
  readonly count: number;
  /** Of the text that people see. */
  readonly digest: string;
}

/** What we have edited of ours. */
export interface OwnEdits {
  find(id: string): Promise<OwnEdit | undefined>;
  note(edit: OwnEdit): Promise<void>;
}

export function createOwnEdits(state: ChannelState): OwnEdits {
  const list = createBoundedList<OwnEdit>(state, "edits", 200, ({ id }) => id);
  return {
    find: async (id) => (await list.load()).find((each) => each.id === id),
    note: (edit) => list.put(edit),
  };
}

export function digestText(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
