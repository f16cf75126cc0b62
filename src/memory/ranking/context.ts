import type { MemoryInPlace, MemoryRecord } from "../../core/memory.ts";
import type { RankingWeights } from "./weights.ts";

/** Records that a candidate must bring along for the weights below. */
export const windowBefore = 4;
export const windowAfter = 3;

/** What was said after a longer silence belongs to another conversation. */
const maxGapMs = 6 * 3_600_000;

/** How many of what stands before a record are put into the index with it. */
const indexedBefore = 3;

export type WindowPart = Pick<MemoryRecord, "speaker" | "text" | "at">;

/** What is indexed for a record: what was said just before, and itself. */
export function pickWindow<Part extends WindowPart>(before: readonly Part[], current: Part): readonly Part[] {
  const parts = [current];
  for (const part of before.slice(-indexedBefore).toReversed()) {
    if (!isOneConversation(part, parts[0] ?? current)) break;
    parts.unshift(part);
  }
  return parts;
}

/** Its terms are those of the parts, one part after the other. */
export function formatWindow(before: readonly WindowPart[], current: WindowPart): string {
  return pickWindow(before, current)
    .map(({ text }) => text)
    .join("\n");
}

/** A record among its neighbours. */
export interface Turn {
  readonly record: MemoryRecord;
  /** Its place among all. */
  index: number;
  previous?: Turn;
  next?: Turn;
}

/** All records of the candidates and their neighbours, each once, in order of arrival. */
export function linkTurns(places: readonly MemoryInPlace[]): Turn[] {
  const turns = new Map<string, Turn>();
  const turnOf = (record: MemoryRecord): Turn => {
    const known = turns.get(record.id);
    if (known !== undefined) return known;
    const turn: Turn = { record, index: 0 };
    turns.set(record.id, turn);
    return turn;
  };
  for (const { before, record, after } of places.toSorted((a, b) => compareRecords(a.record, b.record))) {
    let last: Turn | undefined;
    for (const each of [...before, record, ...after]) {
      const turn = turnOf(each);
      if (last !== undefined && last !== turn && isOneConversation(last.record, each)) {
        last.next ??= turn;
        turn.previous ??= last;
      }
      last = turn;
    }
  }
  const inOrder = [...turns.values()].toSorted((a, b) => compareRecords(a.record, b.record));
  inOrder.forEach((turn, index) => (turn.index = index));
  return inOrder;
}

/** The neighbours of a turn with their weights, itself included. */
export function visitWindow(
  turn: Turn,
  { before, after }: Pick<RankingWeights, "before" | "after">,
  visit: (turn: Turn, weight: number) => void,
): void {
  visit(turn, 1);
  let other = turn.previous;
  for (const weight of before) {
    if (other === undefined) break;
    visit(other, weight);
    other = other.previous;
  }
  other = turn.next;
  for (const weight of after) {
    if (other === undefined) break;
    visit(other, weight);
    other = other.next;
  }
}

export function compareRecords(a: MemoryRecord, b: MemoryRecord): number {
  return a.seq - b.seq || (a.id < b.id ? -1 : Number(a.id > b.id));
}

function isOneConversation(earlier: WindowPart, later: WindowPart): boolean {
  return Math.abs(later.at - earlier.at) <= maxGapMs;
}
