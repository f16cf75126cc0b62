import type { Author } from "./authors.ts";

/** How near texts are to what an author wrote. */
export type Score = (texts: readonly string[]) => number;

export interface Verification {
  /** Over all scores in one heap: one threshold for everybody. */
  readonly pooled: number;
  /** The mean over authors, each with a threshold of their own. */
  readonly perAuthor: number;
}

const impostors = 6;
/** As many batches from everybody, so that those who write most do not decide. */
const mostBatches: Readonly<Record<number, number>> = { 20: 2, 5: 8, 1: 40 };

/** Tells batches of each author from those of six others. 1 is perfect, 0.5 a coin. */
export function verify(authors: readonly Author[], scorers: readonly Score[], size: number): Verification {
  const batches = authors.map(({ rest }) => cut(rest, size).slice(0, mostBatches[size]));
  const results = scorers.map((score, index) => ({
    own: (batches[index] ?? []).map((texts) => score(texts)),
    others: Array.from({ length: impostors }, (_, step) => batches[(index + 1 + step * 7) % authors.length] ?? [])
      .flat()
      .map((texts) => score(texts)),
  }));
  return {
    pooled: areaUnderCurve(
      results.flatMap(({ own }) => own),
      results.flatMap(({ others }) => others),
    ),
    perAuthor: results.reduce((sum, { own, others }) => sum + areaUnderCurve(own, others), 0) / results.length,
  };
}

/** The share of pairs in which the own one scores higher; a draw is half. */
function areaUnderCurve(own: readonly number[], others: readonly number[]): number {
  const sorted = others.toSorted((a, b) => a - b);
  const sum = own.reduce((total, score) => {
    const below = countBelow(sorted, (other) => other < score);
    return total + (below + countBelow(sorted, (other) => other <= score)) / 2;
  }, 0);
  return sum / (own.length * others.length);
}

function countBelow(sorted: readonly number[], isBelow: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBelow(sorted[middle] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function cut(texts: readonly string[], size: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.floor(texts.length / size) }, (_, index) =>
    texts.slice(index * size, (index + 1) * size),
  );
}
