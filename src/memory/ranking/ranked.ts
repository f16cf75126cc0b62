import type { MemoryRecord } from "../../core/memory.ts";
import { compareRecords } from "./context.ts";

export interface Ranked {
  readonly record: MemoryRecord;
  /** From 0; comparable within one answer only. */
  readonly score: number;
  /** Why it was picked, for people. */
  readonly reason: string;
}

/** Best first; among equals what came first. */
export function compareRanked(a: Ranked, b: Ranked): number {
  return b.score - a.score || compareRecords(a.record, b.record);
}
