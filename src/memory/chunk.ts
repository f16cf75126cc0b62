import type { DocumentText } from "../core/document.ts";

/** A few paragraphs: enough to answer from, little enough for several in a prompt. */
const wantedChars = 900;
/** A longer paragraph is cut between sentences. */
const maxChars = 1_400;

export interface Chunk {
  readonly text: string;
  /** Where in the document: "Page 3", "Page 3, Holidays", "Holidays". */
  readonly place: string;
}

/** Cuts a document at headings and between paragraphs. Pure; the text is taken as it is. */
export function chunkDocument({ pages }: Pick<DocumentText, "pages">): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let heading = "";
  for (const { label, text } of pages) {
    let lines: string[] = [];
    const flush = (): void => {
      const body = lines.join("\n\n").trim();
      lines = [];
      if (body === "") return;
      const places = [label === "Text" ? "" : label, heading].filter((part) => part !== "");
      const named = heading === "" || body.startsWith(heading) ? body : `${heading}\n${body}`;
      chunks.push({ text: named, place: places.join(", ") });
    };
    for (const paragraph of splitParagraphs(text)) {
      const title = headingOf(paragraph);
      if (title !== undefined) {
        flush();
        heading = title;
        continue;
      }
      for (const piece of splitLong(paragraph)) {
        const size = lines.reduce((sum, line) => sum + line.length, 0);
        if (size > 0 && size + piece.length > wantedChars) flush();
        lines.push(piece);
      }
    }
    flush();
  }
  return chunks;
}

/** Between empty lines; a Markdown heading stands alone, whether a line is empty after it or not. */
function splitParagraphs(text: string): readonly string[] {
  return text
    .replaceAll(/^(#{1,6} .*)$/gm, "\n\n$1\n\n")
    .split(/\n[ \t]*\n+/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== "");
}

function headingOf(paragraph: string): string | undefined {
  const title = /^#{1,6} +(.+?) *#*$/.exec(paragraph)?.[1];
  return title?.slice(0, 120).toWellFormed();
}

function splitLong(paragraph: string): readonly string[] {
  if (paragraph.length <= maxChars) return [paragraph];
  const pieces: string[] = [];
  let rest = paragraph;
  while (rest.length > maxChars) {
    const head = rest.slice(0, maxChars);
    const end = Math.max(head.lastIndexOf(". "), head.lastIndexOf(".\n"), head.lastIndexOf("\n"));
    const space = head.lastIndexOf(" ");
    const at = end > maxChars / 3 ? end + 1 : space > 0 ? space : maxChars;
    // A character of two halves is not cut in two.
    const cut = head.slice(0, at).isWellFormed() ? at : at - 1;
    pieces.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  return rest === "" ? pieces : [...pieces, rest];
}
