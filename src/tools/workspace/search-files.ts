import { isAppError } from "../../core/errors.ts";
import { showHidden } from "../../core/quote.ts";
import { readWhole } from "./folder.ts";
import { walkFolder } from "./walk.ts";

/** Where this module lies, for the thread that runs it. */
export const searchModule: string = import.meta.url;

export interface SearchInput {
  readonly root: string;
  readonly names: readonly string[];
  readonly text: string;
  readonly isRegex: boolean;
}

export interface SearchResult {
  readonly lines: readonly string[];
  readonly files: number;
  readonly isCut: boolean;
}

const maxFiles = 5000;
const maxFileBytes = 1_048_576;
const maxBytes = 64 * 1_048_576;
const maxLines = 100;
const maxLineChars = 300;

/** Runs in a thread of its own. Case does not matter. Leaves out large files, and files that are no text. */
export async function searchFiles({ root, names, text, isRegex }: SearchInput): Promise<SearchResult> {
  const pattern = new RegExp(isRegex ? text : text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "i");
  const lines: string[] = [];
  let files = 0;
  let bytes = 0;
  for await (const { path, kind, place } of walkFolder(root, names)) {
    if (kind !== "file") continue;
    files += 1;
    if (files > maxFiles || bytes > maxBytes) return { lines, files, isCut: true };
    if (pattern.test(path)) lines.push(`${showHidden(path)} (its name)`);
    const content = await readSmall(place);
    bytes += content.length;
    for (const [index, line] of content.split("\n").entries()) {
      if (!pattern.test(line)) continue;
      lines.push(`${showHidden(path)}:${index + 1}: ${line.trim().slice(0, maxLineChars).toWellFormed()}`);
      if (lines.length >= maxLines) return { lines, files, isCut: true };
    }
  }
  return { lines, files, isCut: false };
}

/** Empty for what is too large, no text, or gone meanwhile. */
async function readSmall(place: string): Promise<string> {
  try {
    const bytes = await readWhole(place, maxFileBytes);
    return bytes.includes(0) ? "" : bytes.toString("utf8");
  } catch (error) {
    if (isAppError(error) || (error instanceof Error && "code" in error)) return "";
    throw error;
  }
}
