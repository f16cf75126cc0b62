import type { DocumentText } from "../core/document.ts";
import { limits } from "./limits.ts";
import { createPageCollector } from "./page-collector.ts";
import { readTitle } from "./word.ts";
import { readAttribute, readXml } from "./xml.ts";
import type { Archive } from "./zip.ts";

export const openDocumentPart = "content.xml";

/** A file of LibreOffice and its like: text in pages, a page for each slide, a page for each sheet. */
export function readOpenDocument(archive: Archive): DocumentText {
  const pages = createPageCollector();
  const mimeType = archive.text("mimetype") ?? "";
  const isSheet = mimeType.includes("spreadsheet");
  let text = "";
  let label = "";
  let count = 0;
  let depth = 0; // of paragraphs: text between them is only the layout of the XML
  let repeat = 1;
  let cell = "";
  let cells: string[] = [];
  let isCell = false;
  let isOpen = true;
  const turnPage = (name: string) => {
    if (text.trim() === "" && label === "") return;
    count += 1;
    isOpen &&= pages.add(label === "" ? name : label, text);
    text = "";
    label = "";
  };
  const write = (words: string) => {
    if (depth === 0) return;
    if (isCell) cell += words;
    else text += words;
  };

  for (const piece of readXml(archive.text(openDocumentPart) ?? "")) {
    if (!isOpen) break;
    if (piece.kind === "text") write(piece.text.replace(/\s+/g, " "));
    else if (piece.kind === "open") {
      const { name, attributes, isEmpty } = piece;
      if (name === "p" || name === "h") depth += isEmpty ? 0 : 1;
      else if (name === "tab") write("\t");
      else if (name === "line-break") write("\n");
      else if (name === "s") write(" ".repeat(readCount(attributes, "c", 100)));
      else if (name === "soft-page-break" && depth < 2) turnPage(`Page ${count + 1}`);
      else if (name === "page") {
        turnPage(`Page ${count + 1}`);
        label = `Slide ${count + 1}`;
      } else if (name === "table" && isSheet) {
        turnPage("Sheet");
        label = `Sheet ${readAttribute(attributes, "name") ?? "?"}`;
      } else if (name === "table-row") cells = [];
      else if (name === "table-cell" || name === "covered-table-cell") {
        cell = "";
        repeat = readCount(attributes, "number-columns-repeated", limits.columns);
        isCell = !isEmpty;
        if (isEmpty) addCell();
      }
    } else if (piece.name === "p" || piece.name === "h") {
      depth = Math.max(0, depth - 1);
      if (isCell) cell += " ";
      else if (!isSheet) text += "\n";
    } else if (piece.name === "table-cell" || piece.name === "covered-table-cell") addCell();
    else if (piece.name === "table-row") {
      const line = cells.join(isSheet ? "\t" : " | ").trimEnd();
      if (line !== "") text += `${line}\n`;
      cells = [];
    }
  }
  turnPage(count === 0 ? "Text" : `Page ${count + 1}`);
  return pages.finish(readTitle(archive));

  function addCell(): void {
    for (let left = repeat; left > 0 && cells.length < limits.columns; left -= 1)
      cells.push(cell.replace(/\s+/g, " ").trim());
    cell = "";
    isCell = false;
  }
}

function readCount(attributes: string, name: string, most: number): number {
  const count = Number(readAttribute(attributes, name) ?? 1);
  return Number.isInteger(count) ? Math.min(Math.max(count, 1), most) : 1;
}
