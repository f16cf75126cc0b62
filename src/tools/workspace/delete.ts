import { lstat, rm, rmdir } from "node:fs/promises";
import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import { quoteInline } from "../../core/quote.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool } from "../define.ts";
import { inFolderOf } from "./folder.ts";
import { fileWords } from "./list.ts";
import { parseChangedPath } from "./path.ts";

export function createFileDelete({ workspace }: { readonly workspace: string }): Tool {
  return defineTool({
    name: "file_delete",
    description: "Deletes one file, or one empty folder, of the workspace for good.",
    input: z.strictObject({ path: z.string().min(1).max(1000) }),
    effect: "destroy",
    keywords: fileWords,
    timeoutMs: 10_000,
    maxOutputChars: 400,
    describe({ path }) {
      return `Delete from the workspace, for good: ${quoteInline(parseChangedPath(path).join("/"))}`;
    },
    async run({ path }) {
      await inFolderOf(workspace, parseChangedPath(path), async (place) => {
        const found = await lstat(place);
        if (found.isDirectory()) await rmdir(place);
        else if (found.isFile() || found.isSymbolicLink()) await rm(place); // of a link the link, not what it leads to
        else throw new AppError("forbidden", "This is not an ordinary file.");
      });
      return { text: "Deleted.", isOutside: false };
    },
  });
}
