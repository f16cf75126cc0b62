import { english } from "./english.ts";
import { french } from "./french.ts";
import { german } from "./german.ts";
import type { LanguageRules } from "./language-rules.ts";
import { spanish } from "./spanish.ts";

export const allLanguages: readonly LanguageRules[] = [english, german, french, spanish];
const word = /\p{L}+(?:['’]\p{L}+)?/gu;
const enoughWords = 60;
/** With so few small words of one language a text may be of another. */
const clearCount = 1;

/**
 * The rules of the language a text is written in, by its small words, and of others it may be written in: few words may
 * be of several languages. English first where nothing tells.
 */
export function pickLanguages(text: string): readonly [LanguageRules, ...LanguageRules[]] {
  const counts = allLanguages.map(() => 0);
  let read = 0;
  for (const [found] of text.toLowerCase().matchAll(word)) {
    allLanguages.forEach(({ smallWords }, index) => {
      if (smallWords.has(found.replace("’", "'"))) counts[index] = (counts[index] ?? 0) + 1;
    });
    read += 1;
    if (read >= enoughWords) break;
  }
  const count = (index: number, by: number): void => {
    counts[index] = (counts[index] ?? 0) + by;
  };
  if (/[äöüß]/iu.test(text)) count(1, 1);
  if (/[àâçêèùœ]|\p{L}-(?:moi|nous|tu|vous|le|la|t-)/iu.test(text)) count(2, 1);
  if (/[¿¡ñ]/u.test(text)) count(3, 2);
  const best = Math.max(...counts);
  const main = allLanguages[counts.indexOf(best)] ?? english;
  const others = allLanguages.filter(
    (rules, index) => rules !== main && (best <= clearCount || counts[index] === best),
  );
  return [main, ...others];
}
