import { stripVTControlCharacters } from "node:util";
import { cellWidth } from "../core/cell-width.ts";

/** Cells that a text takes on a terminal; colours take none. */
export function widthOf(text: string): number {
  return cellWidth(stripVTControlCharacters(text));
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
