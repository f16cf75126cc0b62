import { z } from "zod";
import type { Tool } from "../../core/tool.ts";
import { defineTool } from "../define.ts";
import { inFolderOf, readWhole } from "./folder.ts";
import { fileWords } from "./list.ts";
import { parseWorkspacePath } from "./path.ts";
import { decodeFile, maxTextBytes } from "./text.ts";

const fewLines = 300;

export function createFileRead({ workspace }: { readonly workspace: string }): Tool {
  return defineTool({
    name: "file_read",
    description: "Reads a text file of the workspace, or some lines of it.",
    input: z.strictObject({
      path: z.string().min(1).max(1000),
      from: z.int().min(1).max(10_000_000).optional().describe("First line; 1 when absent."),
      lines: z.int().min(1).max(2000).optional().describe(`How many; ${fewLines} when absent.`),
    }),
    effect: "read",
    keywords: fileWords,
    timeoutMs: 10_000,
    maxOutputChars: 24_000,
    async run({ path, from = 1, lines: count = fewLines }) {
      const bytes = await inFolderOf(workspace, parseWorkspacePath(path), (place) => readWhole(place, maxTextBytes));
      const all = decodeFile(bytes).split("\n");
      if (all.at(-1) === "") all.pop();
      const shown = all.slice(from - 1, from - 1 + count);
      const range = shown.length === 0 ? "no lines" : `lines ${from}-${from + shown.length - 1}`;
      return { text: [`[${range} of ${all.length}]`, ...shown].join("\n"), isOutside: true };
    },
  });
}
