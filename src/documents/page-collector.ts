import type { DocumentPage, DocumentText } from "../core/document.ts";
import { limits } from "./limits.ts";

/** Collects pages until the limits are reached. */
export interface PageCollector {
  /** False: the page, or the end of it, was left out; nothing more is taken. */
  add(label: string, text: string): boolean;
  /** Something was left out that never became a page. */
  cut(): void;
  /** With one empty page where there was none. */
  finish(title?: string): DocumentText;
}

export function createPageCollector(): PageCollector {
  const pages: DocumentPage[] = [];
  let room: number = limits.chars;
  let isCut = false;
  return {
    add(label, text) {
      if (room === 0 || pages.length >= limits.pages) {
        isCut = true;
        return false;
      }
      const kept = text.length <= room ? text : text.slice(0, room).toWellFormed();
      room -= kept.length;
      pages.push({ label, text: tidy(kept) });
      if (kept.length === text.length) return true;
      isCut = true;
      return false;
    },
    cut() {
      isCut = true;
    },
    finish(title) {
      const named = title?.replace(/\s+/g, " ").trim().slice(0, 300).toWellFormed() ?? "";
      return {
        ...(named === "" ? {} : { title: named }),
        pages: pages.length === 0 ? [{ label: "Text", text: "" }] : pages,
        isCut,
      };
    },
  };
}

/** Line ends as ours, no blanks at line ends, no more than one empty line in a row. */
function tidy(text: string): string {
  const lines = text.split(/\r\n?|\n/).map((line) => line.trimEnd());
  return lines
    .filter((line, index) => line !== "" || lines[index - 1] !== "")
    .join("\n")
    .replace(/^\n+|\n+$/g, "");
}
