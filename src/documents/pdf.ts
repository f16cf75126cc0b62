import type { DocumentText } from "../core/document.ts";
import { AppError } from "../core/errors.ts";
import { loadPackage } from "../core/load-package.ts";
import { createPageCollector } from "./page-collector.ts";

/** The text layer of a PDF, page by page. Throws AppError "unsupported" when it is damaged or locked. */
export async function readPdf(bytes: Uint8Array): Promise<DocumentText> {
  const { getDocumentProxy } = await loadPackage("unpdf", () => import("unpdf"));
  const pdf = await getDocumentProxy(new Uint8Array(bytes)).catch((error: unknown) => {
    const isLocked = error instanceof Error && error.name === "PasswordException";
    throw new AppError("unsupported", isLocked ? "The PDF is locked by a password." : "The PDF is damaged.", {
      cause: error,
    });
  });
  const pages = createPageCollector();
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    const text = items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("");
    if (!pages.add(`Page ${number}`, text)) break;
    page.cleanup();
  }
  return pages.finish(await readTitle(pdf));
}

async function readTitle(pdf: { getMetadata(): Promise<{ info: object }> }): Promise<string | undefined> {
  try {
    const { info } = await pdf.getMetadata();
    return "Title" in info && typeof info.Title === "string" ? info.Title : undefined;
  } catch {
    return undefined; // a title is not worth losing the text for
  }
}
