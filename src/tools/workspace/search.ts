import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import { runApart } from "../../core/run-apart.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool } from "../define.ts";
import { fileWords } from "./list.ts";
import { parseWorkspacePath } from "./path.ts";
import { searchModule, type SearchInput, type SearchResult } from "./search-files.ts";

export function createFileSearch({ workspace }: { readonly workspace: string }): Tool {
  return defineTool({
    name: "file_search",
    description: "Finds text in the files of the workspace, line by line, and names files whose path holds it.",
    input: z.strictObject({
      text: z.string().min(1).max(300),
      regex: z.boolean().optional().describe("true: `text` is a JavaScript regular expression."),
      path: z.string().max(1000).optional().describe("Only below this folder."),
    }),
    effect: "read",
    keywords: [...fileWords, "grep"],
    timeoutMs: 20_000,
    maxOutputChars: 16_000,
    async run({ text, regex = false, path = "" }, { signal }) {
      if (regex) checkPattern(text);
      const input: SearchInput = { root: workspace, names: parseWorkspacePath(path), text, isRegex: regex };
      const { lines, isCut, files } = await runApart<SearchResult>({
        where: "thread",
        module: searchModule,
        name: "searchFiles",
        input,
        // A pattern may be made to run for hours: then its thread ends.
        timeoutMs: 15_000,
        maxMemoryMb: 128,
        signal,
      });
      if (lines.length === 0) return { text: `Nothing found in ${files} files.`, isOutside: false };
      return {
        text: [...lines, ...(isCut ? ["[there is more; search for something rarer]"] : [])].join("\n"),
        isOutside: true,
      };
    },
  });
}

function checkPattern(pattern: string): void {
  try {
    new RegExp(pattern, "i");
  } catch (error) {
    throw new AppError("bad-input", "This is no regular expression.", { cause: error });
  }
}
