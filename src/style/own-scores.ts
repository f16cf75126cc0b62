import type { OwnScores } from "../core/style.ts";
import { createScorer } from "./score.ts";
import { createShareCounts, type Counted, type Picks } from "./shares.ts";

const folds = 5;
const sizes = [1, 2, 5, 10, 20];

/**
 * What the owner's own messages score, each stretch of them by all the others: how far the owner strays from
 * themselves. Messages come in order of time.
 */
export function measureOwnScores(messages: readonly Counted[]): readonly OwnScores[] {
  const counts = createShareCounts();
  for (const message of messages) counts.add(message, 1);
  const bySize = new Map(sizes.map((size) => [size, [] as number[]]));
  for (let fold = 0; fold < folds; fold += 1) {
    const part = messages.slice(
      Math.floor((messages.length * fold) / folds),
      Math.floor((messages.length * (fold + 1)) / folds),
    );
    for (const message of part) counts.add(message, -1);
    const scorer = createScorer(counts.shares());
    for (const message of part) counts.add(message, 1);
    for (const size of sizes) bySize.get(size)?.push(...cutIntoBatches(part, size).map((batch) => scorer.score(batch)));
  }
  return sizes.map((size) => ({ size, ...describe(bySize.get(size) ?? []) }));
}

/** Batches that overlap by half, so that a few messages give more than one; the last ones are never left out. */
function cutIntoBatches(messages: readonly Counted[], size: number): readonly (readonly Picks[])[] {
  const step = Math.max(1, Math.floor(size / 2));
  const batches: Picks[][] = [];
  for (let start = 0; start === 0 || start + size <= messages.length; start += step)
    batches.push(messages.slice(start, start + size).map(({ picks }) => picks));
  return batches.filter((batch) => batch.length > 0);
}

function describe(scores: readonly number[]): Omit<OwnScores, "size"> {
  const sorted = scores.toSorted((a, b) => a - b);
  const mean = sorted.reduce((sum, score) => sum + score, 0) / Math.max(1, sorted.length);
  const deviation = Math.sqrt(sorted.reduce((sum, score) => sum + (score - mean) ** 2, 0) / Math.max(1, sorted.length));
  return {
    mean,
    deviation,
    // Of a few batches the lowest is not the fifth percentile: then the normal distribution guesses it.
    low: sorted.length >= 40 ? (sorted[Math.floor(sorted.length * 0.05)] ?? mean) : mean - 1.645 * deviation,
  };
}
