import type { DocumentText } from "../core/document.ts";
import { createPageCollector } from "./page-collector.ts";
import { readRelations } from "./relations.ts";
import { readTitle } from "./word.ts";
import { readAttribute, readXml } from "./xml.ts";
import type { Archive } from "./zip.ts";

export const powerpointPart = "ppt/presentation.xml";

/** A PowerPoint file: slides in the order in which they are shown, each with its speaker's notes. */
export function readPowerpoint(archive: Archive): DocumentText {
  const pages = createPageCollector();
  const targets = new Map(readRelations(archive, powerpointPart).map(({ id, target }) => [id, target]));
  let number = 0;
  for (const piece of readXml(archive.text(powerpointPart) ?? "")) {
    if (piece.kind !== "open" || piece.name !== "sldId") continue;
    // Its own id is "id", the slide's is "r:id".
    const slide = targets.get(/\s\w+:id\s*=\s*["']([^"']*)/.exec(piece.attributes)?.[1] ?? "");
    if (slide === undefined) continue;
    number += 1;
    const notesPart = readRelations(archive, slide).find(({ type }) => type === "notesSlide")?.target;
    const notes = notesPart === undefined ? "" : readParagraphs(archive.text(notesPart) ?? "").trim();
    const text = readParagraphs(archive.text(slide) ?? "");
    if (!pages.add(`Slide ${number}`, notes === "" ? text : `${text}\n\nNotes: ${notes}`)) break;
  }
  return pages.finish(readTitle(archive));
}

function readParagraphs(xml: string): string {
  let text = "";
  let isText = false;
  let isField = false; // the slide's number, the date
  for (const piece of readXml(xml)) {
    if (piece.kind === "text") text += isText && !isField ? piece.text : "";
    else if (piece.kind === "close") {
      isText = false;
      if (piece.name === "p") text += "\n";
      else if (piece.name === "fld") isField = false;
      else if (piece.name === "tc") text = `${text.trimEnd()} | `;
      else if (piece.name === "tr") text = `${text.replace(/ \| $/, "")}\n`;
    } else if (piece.name === "t") isText = !piece.isEmpty;
    else if (piece.name === "br") text += "\n";
    else if (piece.name === "fld" && readAttribute(piece.attributes, "type") === "slidenum") isField = !piece.isEmpty;
  }
  return text;
}
