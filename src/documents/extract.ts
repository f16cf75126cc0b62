import type { DocumentText } from "../core/document.ts";
import { AppError } from "../core/errors.ts";
import { decodeText } from "./decode.ts";
import { excelPart, readExcel } from "./excel.ts";
import { readHtml } from "./html.ts";
import { openDocumentPart, readOpenDocument } from "./open-document.ts";
import { readPdf } from "./pdf.ts";
import { powerpointPart, readPowerpoint } from "./powerpoint.ts";
import { readWord, wordPart } from "./word.ts";
import { openArchive } from "./zip.ts";

/** Where this module lies, for the thread that runs it. */
export const extractModule: string = import.meta.url;

export interface ExtractInput {
  readonly kind: "pdf" | "zip" | "html";
  readonly bytes: Uint8Array;
  readonly mimeType: string;
}

/** Runs in a thread of its own: what it reads may be made to take long. */
export async function extractText({ kind, bytes, mimeType }: ExtractInput): Promise<DocumentText> {
  if (kind === "pdf") return readPdf(bytes);
  if (kind === "html") return readHtml(decodeText(bytes, mimeType));
  const archive = await openArchive(bytes);
  const names = new Set(archive.names);
  if (names.has(wordPart)) return readWord(archive);
  if (names.has(excelPart)) return readExcel(archive);
  if (names.has(powerpointPart)) return readPowerpoint(archive);
  if (names.has(openDocumentPart)) return readOpenDocument(archive);
  throw new AppError("unsupported", "This archive is no document that can be read.", {
    hint: "Word, Excel, PowerPoint and OpenDocument files can be read; other archives must be unpacked first.",
  });
}
