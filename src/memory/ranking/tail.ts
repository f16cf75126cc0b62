import type { MemoryInPlace } from "../../core/memory.ts";
import { compareRecords, linkTurns } from "./context.ts";
import { matchTurns } from "./match.ts";
import type { MemoryQuery } from "./query.ts";
import { rankingWeights } from "./weights.ts";

/** Records beyond these are not looked at; the index takes them in before there are so many. */
const maxRecords = 5_000;

/** What matches best among records that are in no index yet: every one of them is read. Pure. */
export function searchTail(query: MemoryQuery, records: readonly MemoryInPlace[], limit: number): MemoryInPlace[] {
  const places = new Map(records.slice(-maxRecords).map((place) => [place.record.id, place]));
  return matchTurns(linkTurns([...places.values()]), query.concepts, rankingWeights)
    .toSorted((a, b) => b.score - a.score || compareRecords(a.turn.record, b.turn.record))
    .flatMap(({ turn }) => places.get(turn.record.id) ?? [])
    .slice(0, limit);
}
