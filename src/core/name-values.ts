import { AppError } from "./errors.ts";

const maxChars = 8_000;

/**
 * Splits "a b='c d' e=\"f\"" at spaces that stand in no quotes; the quotes go. Throws AppError "too-large" for a text of
 * more than 8,000 characters: a quote without its end costs as much again as there is behind it. Pure.
 */
export function splitWords(text: string): readonly string[] {
  if (text.length > maxChars) throw new AppError("too-large", `That is longer than ${maxChars} characters.`);
  const words: string[] = [];
  for (const [word] of text.matchAll(/(?:[^\s"']|"(?:\\.|[^"\\])*"|'[^']*'|["'])+/g))
    words.push(
      word.replaceAll(/"((?:\\.|[^"\\])*)"|'([^']*)'/g, (_whole, double?: string, single?: string) =>
        double === undefined ? (single ?? "") : double.replaceAll(/\\(["\\])/g, "$1"),
      ),
    );
  return words;
}

/** Reads "name=value" words; values stay texts. Throws AppError "bad-input" for a word without "=", or a name said twice. */
export function parseNameValues(words: readonly string[]): Readonly<Record<string, string>> {
  const values = new Map<string, string>();
  for (const word of words) {
    const [, name, value] = /^([A-Za-z][A-Za-z0-9_]*)=([^]*)$/.exec(word) ?? [];
    if (name === undefined || value === undefined)
      throw new AppError("bad-input", `"${word.slice(0, 60)}" is not an input.`, {
        hint: 'Write them as name=value, such as city=Oslo or text="more than one word".',
      });
    if (values.has(name)) throw new AppError("bad-input", `The input "${name}" is said twice.`);
    values.set(name, value);
  }
  return Object.fromEntries(values);
}
