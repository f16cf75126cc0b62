import { createRandom } from "../../doubles/random.ts";

/** For each of `count` items its fold, by chance that is the same every time. */
export function splitEvenly(count: number, folds: number): readonly number[] {
  const next = createRandom(7);
  return Array.from({ length: count }, () => Math.floor(next() * folds));
}

/**
 * Sentences that share three or more words in a row with each other come into the same fold, as far as no fold gets more than its
 * share: what is asked in the words of one mail says nothing about the next.
 */
export function splitByLikeness(texts: readonly string[], folds: number): readonly number[] {
  const parents = texts.map((_, index) => index);
  const find = (index: number): number => {
    let at = index;
    while (parents[at] !== at) at = parents[at] ?? at;
    parents[index] = at;
    return at;
  };
  const sizes = texts.map(() => 1);
  const limit = texts.length / folds / 2;
  const owners = new Map<string, number>();
  texts.forEach((text, index) => {
    const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
    for (let at = 0; at + 3 <= words.length; at++) {
      const gram = words.slice(at, at + 3).join(" ");
      const owner = owners.get(gram);
      if (owner === undefined) owners.set(gram, index);
      else {
        const [a, b] = [find(owner), find(index)];
        const size = (sizes[a] ?? 1) + (sizes[b] ?? 1);
        if (a === b || size > limit) continue;
        parents[b] = a;
        sizes[a] = size;
      }
    }
  });
  const clusters = [...Map.groupBy(texts.keys(), find).values()].toSorted((a, b) => b.length - a.length);
  const filled = Array.from({ length: folds }, () => 0);
  const fold = texts.map(() => 0);
  for (const cluster of clusters) {
    const smallest = filled.indexOf(Math.min(...filled));
    filled[smallest] = (filled[smallest] ?? 0) + cluster.length;
    for (const index of cluster) fold[index] = smallest;
  }
  return fold;
}
