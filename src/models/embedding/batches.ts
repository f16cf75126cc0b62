/** What it costs to run a model once more, in tokens: it reads all of its weights, which takes 50 ms at 0.6 B. */
const runTokens = 16;

/**
 * Which texts to compute together: neighbours in length, never more than `maxTokens` with the padding unless it is a
 * single text, and apart where the padding would cost more than another run. Indexes into `lengths`, each once, shortest
 * first: a question that waits beside a long import is read soon.
 */
export function planBatches(lengths: readonly number[], maxTokens: number): readonly (readonly number[])[] {
  const lengthOf = (index: number): number => lengths[index] ?? 0;
  const byLength = lengths.map((_, index) => index).toSorted((a, b) => lengthOf(a) - lengthOf(b));
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const index of byLength) {
    const growth = lengthOf(index) - lengthOf(batch.at(-1) ?? index);
    if (batch.length > 0 && (growth * batch.length > runTokens || (batch.length + 1) * lengthOf(index) > maxTokens)) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  return batch.length === 0 ? batches : [...batches, batch];
}
