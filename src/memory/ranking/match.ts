import { visitWindow, type Turn } from "./context.ts";
import { createCounter } from "./count-concepts.ts";
import type { QueryConcept } from "./query.ts";
import type { RankingWeights } from "./weights.ts";

/** How a turn, among its neighbours, matches the concepts of a question. */
export interface Match {
  readonly turn: Turn;
  /** From 0, below 1: a turn that has every concept, and often. */
  readonly score: number;
  /** What each concept contributes to the score. */
  readonly parts: readonly number[];
}

/**
 * BM25 over the turns, with the words of neighbours counted for less. Words weigh by how rare they are among these
 * turns: other records, which the reader may not see, change nothing. In order of the turns; those without any match
 * are left out.
 */
export function matchTurns(
  turns: readonly Turn[],
  concepts: readonly QueryConcept[],
  weights: RankingWeights,
): readonly Match[] {
  const width = concepts.length;
  const own = new Float64Array(turns.length * width);
  const ownWords = new Float64Array(turns.length);
  const count = createCounter(concepts, weights.alternative);
  turns.forEach(({ record }, at) => (ownWords[at] = count(record.text, own, at * width)));
  const rarity = weighConcepts(own, turns.length, width).map(
    (weight, concept) => weight * (concepts[concept]?.isVague === true ? weights.vague : 1),
  );
  const total = rarity.reduce((sum, each) => sum + each, 0);
  if (total <= 0) return [];

  const near = new Float64Array(turns.length * width);
  const nearWords = new Float64Array(turns.length);
  turns.forEach((turn, at) =>
    visitWindow(turn, weights, (other, weight) => {
      nearWords[at] = (nearWords[at] ?? 0) + weight * (ownWords[other.index] ?? 0);
      for (let concept = 0; concept < width; concept += 1) {
        const place = at * width + concept;
        near[place] = (near[place] ?? 0) + weight * (own[other.index * width + concept] ?? 0);
      }
    }),
  );
  const averageWords = Math.max(1, nearWords.reduce((sum, words) => sum + words, 0) / turns.length);
  return turns.flatMap((turn, at) => {
    const hold = weights.saturation * (1 - weights.lengths + (weights.lengths * (nearWords[at] ?? 0)) / averageWords);
    let sum = 0;
    const parts = rarity.map((weight, concept) => {
      const frequency = near[at * width + concept] ?? 0;
      const part = frequency === 0 ? 0 : (weight * frequency) / (frequency + hold);
      sum += part;
      return part;
    });
    return sum === 0 ? [] : [{ turn, score: sum / total, parts }];
  });
}

/** How much each concept says: the rarer, the more. Nothing, when no turn has it. */
function weighConcepts(own: Float64Array, turns: number, width: number): number[] {
  return Array.from({ length: width }, (_, concept) => {
    let having = 0;
    for (let at = 0; at < turns; at += 1) having += Math.min(1, own[at * width + concept] ?? 0);
    return having === 0 ? 0 : Math.log(1 + (turns - having + 0.5) / (having + 0.5));
  });
}
