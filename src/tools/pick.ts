import type { Tool } from "../core/tool.ts";

const word = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{M}]+)?/gu;
const signBetweenDigits = /[\d)]\s*([-+*/^%×÷])\s*(?=[\d(.])/g;
const sameSign: Readonly<Record<string, string>> = { "×": "*", "÷": "/" };
// Scripts written without spaces: there a keyword is found anywhere.
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Khmer}\p{sc=Lao}]/u;

const maxChars = 20_000;

/**
 * The tools worth offering for a text, in their own order (a stable order keeps prompt caches warm): those named in
 * `always`, those without keywords, and those one of whose keywords is in the text as a whole word. A keyword of
 * five letters or more also meets its longer forms ("calculate" meets "calculated"); one of several words must
 * stand there in that order; a sign such as "+" counts between digits only. Of a long text the end is looked at.
 */
export function pickTools(
  tools: readonly Tool[],
  text: string,
  { always }: { readonly always: readonly string[] },
): readonly Tool[] {
  const plain = text.slice(-maxChars).normalize("NFC").toLowerCase();
  const words = Array.from(plain.matchAll(word), (match) => match[0].replaceAll("’", "'"));
  const known = new Set(words);
  for (const match of plain.matchAll(signBetweenDigits)) known.add(sameSign[match[1] ?? ""] ?? match[1] ?? "");
  const sentence = ` ${words.join(" ")} `;

  function isNamed(keyword: string): boolean {
    if (unspaced.test(keyword)) return plain.includes(keyword);
    if (keyword.includes(" ")) return sentence.includes(` ${keyword} `);
    if (known.has(keyword)) return true;
    return keyword.length >= 5 && words.some((one) => one.startsWith(keyword) && one.length <= keyword.length + 3);
  }

  return tools.filter(
    (tool) => tool.keywords.length === 0 || always.includes(tool.name) || tool.keywords.some(isNamed),
  );
}
