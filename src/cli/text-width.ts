import { stripVTControlCharacters } from "node:util";

const wide =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}])/u;

/** Cells that a text takes on a terminal; colours take none. A good guess: terminals differ about emoji. */
export function widthOf(text: string): number {
  const shown = stripVTControlCharacters(text);
  if (/^[\x20-\x7e]*$/.test(shown)) return shown.length;
  let width = 0;
  for (const segment of split(shown)) width += /^\p{M}+$/u.test(segment) ? 0 : wide.test(segment) ? 2 : 1;
  return width;
}

/**
 * One line as lines of at most `columns` cells, broken at spaces where there are some; further lines are indented like
 * the first, or by `hang` more. Colours must not span words.
 */
export function wrapLine(text: string, columns: number, hang = 0): string[] {
  if (widthOf(text) <= columns) return [text];
  const [lead = ""] = /^ */.exec(text) ?? [];
  const indent = " ".repeat(Math.min(lead.length + hang, Math.floor(columns / 2)));
  const lines: string[] = [];
  let line = lead;
  let width = lead.length;
  let isEmpty = true;
  for (const word of text.slice(lead.length).split(" ")) {
    for (const [index, piece] of splitWord(word, columns - indent.length).entries()) {
      const needed = widthOf(piece);
      const gap = isEmpty || index > 0 ? 0 : 1;
      if (!isEmpty && width + gap + needed > columns) {
        lines.push(line);
        line = indent + piece;
        width = indent.length + needed;
      } else {
        line += (gap === 1 ? " " : "") + piece;
        width += gap + needed;
      }
      isEmpty = false;
    }
  }
  return [...lines, line];
}

function splitWord(word: string, columns: number): string[] {
  if (widthOf(word) <= columns) return [word];
  const pieces: string[] = [];
  let piece = "";
  let width = 0;
  for (const segment of split(stripVTControlCharacters(word))) {
    const needed = widthOf(segment);
    if (width + needed > columns && piece !== "") {
      pieces.push(piece);
      piece = "";
      width = 0;
    }
    piece += segment;
    width += needed;
  }
  return [...pieces, piece];
}

/** What a reader sees as one character each. */
function split(text: string): string[] {
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
