import type { DocumentText } from "../core/document.ts";
import { isDateFormat, formatSerialDate } from "./excel-dates.ts";
import { limits } from "./limits.ts";
import { createPageCollector } from "./page-collector.ts";
import { readRelations } from "./relations.ts";
import { readTitle } from "./word.ts";
import { readAttribute, readXml } from "./xml.ts";
import type { Archive } from "./zip.ts";

export const excelPart = "xl/workbook.xml";

/** What cells refer to. */
interface Book {
  readonly texts: readonly string[];
  /** By the number of a cell's style: does it show dates? */
  readonly isDate: readonly boolean[];
  readonly is1904: boolean;
}

/** An Excel file: a page for each sheet, a line for each row, cells apart by tabs, dates as dates. */
export function readExcel(archive: Archive): DocumentText {
  const pages = createPageCollector();
  const workbook = archive.text(excelPart) ?? "";
  const targets = new Map(readRelations(archive, excelPart).map(({ id, target }) => [id, target]));
  const book: Book = {
    texts: readSharedTexts(archive.text("xl/sharedStrings.xml") ?? ""),
    isDate: readDateStyles(archive.text("xl/styles.xml") ?? ""),
    is1904: /\bdate1904\s*=\s*["'](?:1|true)/.test(workbook),
  };
  for (const piece of readXml(workbook)) {
    if (piece.kind !== "open" || piece.name !== "sheet") continue;
    const part = targets.get(readAttribute(piece.attributes, "id") ?? "") ?? "";
    const { text, isCut } = readSheet(archive.text(part) ?? "", book);
    if (isCut) pages.cut();
    if (!pages.add(`Sheet ${readAttribute(piece.attributes, "name") ?? "?"}`, text)) break;
  }
  return pages.finish(readTitle(archive));
}

function readSharedTexts(xml: string): readonly string[] {
  const texts: string[] = [];
  let text = "";
  let isText = false;
  let isReading = false; // of Japanese, beside the text
  for (const piece of readXml(xml)) {
    if (piece.kind === "text") text += isText && !isReading ? piece.text : "";
    else if (piece.kind === "open") {
      if (piece.name === "si") text = "";
      isText = piece.name === "t" && !piece.isEmpty;
      if (piece.name === "rPh") isReading = true;
      if (piece.name === "si" && piece.isEmpty) texts.push("");
    } else {
      isText = false;
      if (piece.name === "rPh") isReading = false;
      else if (piece.name === "si") texts.push(text);
    }
  }
  return texts;
}

function readDateStyles(xml: string): readonly boolean[] {
  const formats = new Map<string, string>();
  const styles: boolean[] = [];
  let isCellStyles = false;
  for (const piece of readXml(xml)) {
    if (piece.kind === "text") continue;
    if (piece.name === "cellXfs") isCellStyles = piece.kind === "open";
    if (piece.kind !== "open") continue;
    const id = readAttribute(piece.attributes, "numFmtId") ?? "";
    if (piece.name === "numFmt") formats.set(id, readAttribute(piece.attributes, "formatCode") ?? "");
    if (piece.name === "xf" && isCellStyles) styles.push(isDateFormat(Number(id), formats.get(id)));
  }
  return styles;
}

function readSheet(xml: string, book: Book): { readonly text: string; readonly isCut: boolean } {
  const rows: string[] = [];
  let cells: string[] = [];
  let cell = { column: 0, type: "n", style: 0 };
  let value: string | undefined;
  let isValue = false;
  let isCut = false;
  for (const piece of readXml(xml)) {
    if (piece.kind === "text") {
      if (isValue) value = (value ?? "") + piece.text;
    } else if (piece.kind === "open") {
      isValue = (piece.name === "v" || piece.name === "t") && !piece.isEmpty;
      if (piece.name === "row") cells = [];
      if (piece.name !== "c") continue;
      const column = parseColumn(readAttribute(piece.attributes, "r")) ?? cells.length;
      const style = Number(readAttribute(piece.attributes, "s") ?? 0);
      cell = { column, type: readAttribute(piece.attributes, "t") ?? "n", style };
      value = undefined;
    } else {
      isValue = false;
      if (piece.name === "c" && value !== undefined) {
        if (cell.column >= limits.columns) isCut = true;
        else {
          while (cells.length < cell.column) cells.push("");
          cells[cell.column] = formatCell(value, cell, book);
        }
      }
      if (piece.name === "row" && cells.some((one) => one !== "")) rows.push(cells.join("\t"));
    }
  }
  return { text: rows.join("\n"), isCut };
}

/** "BC12" is column 54, counted from 0. */
function parseColumn(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? "")?.[0];
  if (letters === undefined) return undefined;
  return letters.split("").reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function formatCell(value: string, cell: { readonly type: string; readonly style: number }, book: Book): string {
  const text =
    cell.type === "s"
      ? (book.texts[Number(value)] ?? "")
      : cell.type === "b"
        ? value === "1"
          ? "true"
          : "false"
        : cell.type === "n" && book.isDate[cell.style] === true
          ? formatSerialDate(Number(value), book.is1904)
          : value;
  return text.replace(/\s+/g, " ");
}
