import type { MemoryInPlace, MemoryRecord } from "../../../src/core/memory.ts";
import { windowAfter, windowBefore } from "../../../src/memory/ranking/index.ts";

export const may = Date.UTC(2023, 4, 8, 13, 56);
export const hourMs = 3_600_000;

/** One record; its place in the order of arrival is its id. */
export function turn(seq: number, text: string, extra: Partial<MemoryRecord> = {}): MemoryRecord {
  return {
    id: `t${seq}`,
    layer: "insights",
    scope: "team",
    source: "chat",
    speaker: "",
    text,
    at: may,
    importance: 0.5,
    isPinned: false,
    isOutside: false,
    seq,
    accessCount: 0,
    ...extra,
  };
}

/** Each record with its neighbours, as the store gives them. */
export function place(records: readonly MemoryRecord[]): MemoryInPlace[] {
  return records.map((record, at) => ({
    record,
    before: records.slice(Math.max(0, at - windowBefore), at),
    after: records.slice(at + 1, at + 1 + windowAfter),
  }));
}
