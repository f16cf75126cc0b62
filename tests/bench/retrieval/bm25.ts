/** Okapi BM25 over tokenized texts: what everything else is measured against. Exact, in memory. */
export function createBm25(texts: ReadonlyArray<readonly string[]>, k1 = 1.2, b = 0.75) {
  const average = texts.reduce((sum, { length }) => sum + length, 0) / Math.max(1, texts.length);
  const postings = new Map<string, Map<number, number>>();
  texts.forEach((tokens, text) => {
    for (const token of tokens) {
      const counts = postings.get(token) ?? new Map<number, number>();
      counts.set(text, (counts.get(text) ?? 0) + 1);
      postings.set(token, counts);
    }
  });

  /** Indexes of texts, best first; ties in order of the texts. */
  return (terms: Iterable<string>, limit: number): number[] => {
    const scores = new Map<number, number>();
    for (const term of new Set(terms)) {
      const counts = postings.get(term);
      if (counts === undefined) continue;
      const rarity = Math.log(1 + (texts.length - counts.size + 0.5) / (counts.size + 0.5));
      for (const [text, count] of counts) {
        const hold = k1 * (1 - b + (b * (texts[text]?.length ?? 0)) / average);
        scores.set(text, (scores.get(text) ?? 0) + (rarity * count * (k1 + 1)) / (count + hold));
      }
    }
    return [...scores]
      .toSorted((x, y) => y[1] - x[1] || x[0] - y[0])
      .slice(0, limit)
      .map(([text]) => text);
  };
}
