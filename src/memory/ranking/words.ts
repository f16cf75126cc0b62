import { irregularForms } from "./irregular.ts";
import { stem } from "./stem.ts";
import { stopWords } from "./stop-words.ts";

/** Punctuation, symbols, emoji: what may stand in a text without being part of a word. */
const signs = /[\u0080-\u00A9\u00AB-\u00B4\u00B6-\u00B9\u00BB-\u00BF\u2000-\u2BFF\u3000-\u303F\uD800-\uF8FF]+/g;
const hasAccents = /[\u00AA-\u1FFF\u2C00-\uD7FF\uF900-\uFFFF]/;

/** Small letters without accents, with blanks for signs beyond ASCII. */
export function fold(text: string): string {
  const small = text.toLowerCase();
  if (!hasAccents.test(small)) return small;
  return small
    .replaceAll(signs, " ")
    .normalize("NFKD")
    .replaceAll(/\p{M}+/gu, "")
    .replaceAll("ß", "ss");
}

/** Is this code unit of a folded text part of a word? */
export function isWordCode(code: number): boolean {
  if (code < 128) return (code >= 97 && code < 123) || (code >= 48 && code < 58);
  return code >= 0xaa && !(code >= 0x2000 && code <= 0x2bff) && !(code >= 0xd800 && code <= 0xf8ff);
}

/** The words of a folded text. */
export function splitWords(folded: string): string[] {
  const words: string[] = [];
  let start = -1;
  for (let at = 0; at <= folded.length; at += 1) {
    const isWord = at < folded.length && isWordCode(folded.charCodeAt(at));
    if (isWord && start < 0) start = at;
    else if (!isWord && start >= 0) {
      words.push(folded.slice(start, at));
      start = -1;
    }
  }
  return words;
}

export function listWords(text: string): string[] {
  return splitWords(fold(text));
}

/** What a word is looked for as; undefined for one that carries no subject. */
export function toTerm(word: string): string | undefined {
  return stopWords.has(word) ? undefined : stem(irregularForms.get(word) ?? word);
}

/** The terms of a text, in order and as often as they stand there: the same for texts and for queries. */
export function tokenize(text: string): string[] {
  return listWords(text).flatMap((word) => toTerm(word) ?? []);
}
