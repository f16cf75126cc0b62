import type { DocumentText } from "../core/document.ts";
import { createPageCollector } from "./page-collector.ts";
import { readAttribute, readXml } from "./xml.ts";
import type { Archive } from "./zip.ts";

export const wordPart = "word/document.xml";

/** A Word file: pages as Word last laid them out, where it noted that; footnotes at the end. */
export function readWord(archive: Archive): DocumentText {
  const pages = createPageCollector();
  const texts = readPages(archive.text(wordPart) ?? "");
  for (const [index, text] of texts.entries())
    if (!pages.add(texts.length === 1 ? "Text" : `Page ${index + 1}`, text)) break;
  const footnotes = readPages(archive.text("word/footnotes.xml") ?? "")
    .join("\n")
    .trim();
  if (footnotes !== "") pages.add("Footnotes", footnotes);
  return pages.finish(readTitle(archive));
}

/** Of an office file's properties. */
export function readTitle(archive: Archive): string | undefined {
  const xml = archive.text("docProps/core.xml") ?? archive.text("meta.xml") ?? "";
  let isTitle = false;
  for (const piece of readXml(xml)) {
    if (piece.kind === "open") isTitle = piece.name === "title";
    else if (piece.kind === "text" && isTitle) return piece.text;
  }
  return undefined;
}

function readPages(xml: string): readonly string[] {
  const pages: string[] = [];
  let page = "";
  let isText = false;
  const turnPage = () => {
    // Word marks a break that was asked for twice: as asked for, and as laid out.
    if (page.trim() === "") return;
    pages.push(page);
    page = "";
  };
  for (const piece of readXml(xml)) {
    if (piece.kind === "text") page += isText ? piece.text : "";
    else if (piece.kind === "close") {
      isText = false;
      if (piece.name === "p") page += "\n";
      else if (piece.name === "tc") page = `${page.trimEnd()} | `;
      else if (piece.name === "tr") page = `${page.replace(/ \| $/, "")}\n`;
    } else if (piece.name === "t") isText = !piece.isEmpty;
    else if (piece.name === "tab") page += "\t";
    else if (piece.name === "cr") page += "\n";
    else if (piece.name === "lastRenderedPageBreak") turnPage();
    else if (piece.name === "br") {
      if (readAttribute(piece.attributes, "type") === "page") turnPage();
      else page += "\n";
    }
  }
  turnPage();
  return pages;
}
