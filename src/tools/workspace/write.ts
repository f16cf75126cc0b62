import { z } from "zod";
import { quoteBlock, quoteInline } from "../../core/quote.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool } from "../define.ts";
import { inFolderOf, writeWhole } from "./folder.ts";
import { fileWords } from "./list.ts";
import { parseChangedPath } from "./path.ts";

export function createFileWrite({ workspace }: { readonly workspace: string }): Tool {
  return defineTool({
    name: "file_write",
    description: "Writes a text file into the workspace, folders on the way included.",
    input: z.strictObject({
      path: z.string().min(1).max(1000),
      text: z.string().max(200_000),
      replace: z.boolean().optional().describe("true: it may replace a file that is there."),
    }),
    effect: "write",
    keywords: fileWords,
    timeoutMs: 10_000,
    maxOutputChars: 400,
    describe({ path, text, replace }) {
      const name = quoteInline(parseChangedPath(path).join("/"));
      return `Write the file ${name}${replace === true ? ", **replacing what is there**" : ""}:\n\n${quoteBlock(text)}`;
    },
    async run({ path, text, replace = false }) {
      const names = parseChangedPath(path);
      await inFolderOf(workspace, names, (place, folder) => writeWhole(place, folder, text, { mayReplace: replace }), {
        create: true,
      });
      return { text: `Written: ${Buffer.byteLength(text)} bytes.`, isOutside: false };
    },
  });
}
