import { viewMessage } from "./message-view.ts";

const mostExamples = 3;
const mostTexts = 5_000;
/** BM25's usual constants: how soon a word's repetition stops counting, and how much length does. */
const saturation = 1.2;
const lengthPart = 0.75;

/**
 * The owner's own messages that are nearest to what is to be answered, by BM25 (Robertson and Walker 1994) over words;
 * those without a word in common are left out.
 */
export function pickExamples(texts: readonly string[], query: string): readonly string[] {
  const asked = new Set(viewMessage(query).words);
  const messages = texts.slice(-mostTexts).map((text) => ({ text, words: viewMessage(text).words }));
  const meanLength = messages.reduce((sum, { words }) => sum + words.length, 0) / Math.max(1, messages.length);
  const rarity = new Map(
    [...asked].map((word) => {
      const having = messages.filter(({ words }) => words.includes(word)).length;
      return [word, Math.log(1 + (messages.length - having + 0.5) / (having + 0.5))] as const;
    }),
  );
  const seen = new Set<string>();
  return messages
    .map(({ text, words }) => ({ text, score: scoreWords(words, rarity, meanLength) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .filter(({ text }) => !seen.has(text) && seen.add(text))
    .slice(0, mostExamples)
    .map(({ text }) => text);
}

function scoreWords(words: readonly string[], rarity: ReadonlyMap<string, number>, meanLength: number): number {
  const penalty = saturation * (1 - lengthPart + (lengthPart * words.length) / Math.max(1, meanLength));
  let score = 0;
  for (const [word, weight] of rarity) {
    const times = words.filter((each) => each === word).length;
    score += (weight * times * (saturation + 1)) / (times + penalty);
  }
  return score;
}
