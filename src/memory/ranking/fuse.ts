import type { MemoryCandidate, MemoryRecord } from "../../core/memory.ts";
import { compareRanked, type Ranked } from "./ranked.ts";

/** Reciprocal rank fusion: Cormack, Clarke, Büttcher, SIGIR 2009. */
const fusionConstant = 60;
/**
 * What the order by nearness counts for beside the order by words, which has names, dates and neighbours in it already. By
 * simulation: half would throw away what words find where an embedder is mediocre; a quarter gains nearly as much with a
 * good one.
 */
const meaningShare = 0.25;

/** Joins the order by words with the order by nearness in meaning: 1 for a record that leads in both. */
export function fuse(byWords: readonly Ranked[], byMeaning: readonly MemoryCandidate[]): Ranked[] {
  const fused = new Map<string, Ranked>();
  const add = (record: MemoryRecord, share: number, place: number, reason: string) => {
    const known = fused.get(record.id);
    const score = (known?.score ?? 0) + (share * (fusionConstant + 1)) / (fusionConstant + 1 + place);
    fused.set(record.id, { record, score, reason: known === undefined ? reason : `${known.reason}, ${reason}` });
  };
  byWords.forEach(({ record, reason }, place) => add(record, 1 - meaningShare, place, reason));
  byMeaning.forEach(({ record }, place) => add(record, meaningShare, place, "near in meaning"));
  return [...fused.values()].toSorted(compareRanked);
}
