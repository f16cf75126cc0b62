const maxSentences = 60;
/** A full stop does not end a sentence behind "e.g", an initial, or a day of the month. */
const ending =
  /(?<!\b(?:e\.g|i\.e|etc|mr|mrs|ms|dr|st|vs|no|nr|bzw|ca|z\.b|d\.h|sr|sra|approx|[a-z]|\d{1,2}))[.…]+["')\]]*\s+(?=[^\s])|[?!]+["')\]]*(?:\s+|$)|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)|\n(?=\s*\p{Lu})/giu;

/** The sentences of a text with their closing marks, at most 60. */
export function listSentences(text: string): readonly string[] {
  const sentences: string[] = [];
  let start = 0;
  for (const { index, 0: mark } of text.matchAll(ending)) {
    add(text.slice(start, index + mark.length));
    start = index + mark.length;
    if (sentences.length >= maxSentences) return sentences;
  }
  add(text.slice(start));
  return sentences;

  function add(sentence: string): void {
    const trimmed = sentence.trim();
    if (trimmed !== "") sentences.push(trimmed);
  }
}

/** What was said, short enough for a reason. */
export function quoteShort(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return `“${line.length > 60 ? `${line.slice(0, 59)}…` : line}”`;
}
