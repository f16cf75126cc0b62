import type { DocumentText } from "../core/document.ts";
import { createPageCollector } from "./page-collector.ts";

const linesPerPage = 200;

/** Plain text in pages of 200 lines, so that long logs can be read in parts. */
export function paginateText(text: string): DocumentText {
  const pages = createPageCollector();
  const lines = text.split(/\r\n?|\n/);
  if (lines.length <= linesPerPage) pages.add("Text", text);
  else
    for (let start = 0; start < lines.length; start += linesPerPage) {
      const part = lines.slice(start, start + linesPerPage);
      if (!pages.add(`Lines ${start + 1}-${start + part.length}`, part.join("\n"))) break;
    }
  return pages.finish();
}
