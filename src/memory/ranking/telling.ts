import type { RankingWeights } from "./weights.ts";
import { listWords } from "./words.ts";

/** English, German, French, Spanish; folded. */
const ownWords = new Set(
  "i my me mine we our us ich mein meine meinem meinen meiner mir mich wir unser unsere je mon ma mes moi nous notre yo mi mis nosotros".split(
    " ",
  ),
);

/** As many words as a turn that tells something usually has. */
const fullLength = 40;

/**
 * How likely it is that a text tells something, whatever it is about: questions ask, cheers are short, and who tells
 * of themselves says "I". A factor about 1.
 */
export function weighTelling(text: string, { question, own, length }: RankingWeights): number {
  const words = listWords(text);
  const isOwn = words.some((word) => ownWords.has(word));
  return (
    (1 - question * shareOfQuestions(text)) *
    (isOwn ? 1 + own : 1) *
    (1 + length * Math.min(1, words.length / fullLength))
  );
}

/** Sentences that end in a question mark, among all. */
function shareOfQuestions(text: string): number {
  let sentences = 0;
  let questions = 0;
  let isOpen = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? "";
    const isMark = sign === "?" || sign === "？";
    const isEnd = isMark || sign === "." || sign === "!" || sign === "…" || sign === "。" || sign === "！";
    if (isEnd && isOpen && (at + 1 === text.length || /\s/.test(text[at + 1] ?? "") || sign > "\u2FFF")) {
      sentences += 1;
      questions += Number(isMark);
      isOpen = false;
    } else if (!isEnd && sign.trim() !== "") isOpen = true;
  }
  if (isOpen) sentences += 1;
  return sentences === 0 ? 0 : questions / sentences;
}
