import type { Author } from "./authors.ts";
import type { Score } from "./verification.ts";

/**
 * What there is to beat: the cosine between character 2 to 4-grams, log(count) + 1 weighted by how few of the profiles
 * have them. It knows everybody's profile, where ours stands alone.
 */
export function createReference(authors: readonly Author[]): readonly Score[] {
  const counts = authors.map(({ learn }) => countGrams(learn.map(({ text }) => text)));
  const profilesWith = new Map<string, number>();
  for (const count of counts)
    for (const gram of count.keys()) profilesWith.set(gram, (profilesWith.get(gram) ?? 0) + 1);
  const weigh = (count: ReadonlyMap<string, number>): ReadonlyMap<string, number> => {
    const weights = new Map<string, number>();
    for (const [gram, times] of count) {
      const having = profilesWith.get(gram);
      if (having !== undefined)
        weights.set(gram, (1 + Math.log(times)) * (1 + Math.log((1 + authors.length) / (1 + having))));
    }
    const length = Math.sqrt(weights.values().reduce((sum, weight) => sum + weight * weight, 0)) || 1;
    return new Map([...weights].map(([gram, weight]) => [gram, weight / length]));
  };
  // A batch is weighed once, however many profiles it is held against.
  const known = new WeakMap<readonly string[], ReadonlyMap<string, number>>();
  return counts.map((count) => {
    const profile = weigh(count);
    return (texts) => {
      const batch = known.get(texts) ?? weigh(countGrams(texts));
      known.set(texts, batch);
      let sum = 0;
      for (const [gram, weight] of batch) sum += weight * (profile.get(gram) ?? 0);
      return sum;
    };
  });
}

function countGrams(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    const masked = text.replaceAll(/https?:\/\/\S+/g, "\uE001").replaceAll(/`[^`]*`/g, "\uE002");
    for (let length = 2; length <= 4; length += 1)
      for (let start = 0; start + length <= masked.length; start += 1) {
        const gram = masked.slice(start, start + length);
        counts.set(gram, (counts.get(gram) ?? 0) + 1);
      }
  }
  return counts;
}
