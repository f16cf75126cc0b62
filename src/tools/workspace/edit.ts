import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import { quoteBlock, quoteInline } from "../../core/quote.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool } from "../define.ts";
import { inFolderOf, readWhole, writeWhole } from "./folder.ts";
import { fileWords } from "./list.ts";
import { parseChangedPath } from "./path.ts";
import { decodeFile, maxTextBytes } from "./text.ts";

export function createFileEdit({ workspace }: { readonly workspace: string }): Tool {
  return defineTool({
    name: "file_edit",
    description: "Replaces an exact piece of text in a file of the workspace. It must be there once, unless `all`.",
    input: z.strictObject({
      path: z.string().min(1).max(1000),
      old: z.string().min(1).max(50_000).describe("Exactly as it stands there, line ends and blanks included."),
      new: z.string().max(50_000),
      all: z.boolean().optional().describe("true: everywhere."),
    }),
    effect: "write",
    keywords: fileWords,
    timeoutMs: 10_000,
    maxOutputChars: 400,
    describe({ path, old, new: replacement, all }) {
      const where = `${quoteInline(parseChangedPath(path).join("/"))}${all === true ? ", everywhere" : ""}`;
      return `Change the file ${where}:\n\n${quoteBlock(formatDiff(old, replacement))}`;
    },
    async run({ path, old, new: replacement, all = false }) {
      const names = parseChangedPath(path);
      const count = await inFolderOf(workspace, names, async (place, folder) => {
        const parts = decodeFile(await readWhole(place, maxTextBytes)).split(old);
        const found = parts.length - 1;
        if (found === 0) throw new AppError("not-found", "The text to replace is not in the file.");
        if (found > 1 && !all)
          throw new AppError("conflict", `The text to replace is in the file ${found} times.`, {
            hint: "Give more of what stands around it, or set `all`.",
          });
        const text = parts.join(replacement);
        if (Buffer.byteLength(text) > maxTextBytes) throw new AppError("too-large", "The file would become too large.");
        await writeWhole(place, folder, text, { mayReplace: true });
        return found;
      });
      return { text: count === 1 ? "Replaced once." : `Replaced ${count} times.`, isOutside: false };
    },
  });
}

/** Old lines with a minus, new ones with a plus; what both have at their ends stands once, with a blank. */
export function formatDiff(old: string, replacement: string): string {
  const before = old.split("\n");
  const after = replacement.split("\n");
  let head = 0;
  while (head < Math.min(before.length, after.length) && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const mark = (sign: string) => (line: string) => `${sign} ${line}`;
  return [
    ...before.slice(0, head).map(mark(" ")),
    ...before.slice(head, before.length - tail).map(mark("-")),
    ...after.slice(head, after.length - tail).map(mark("+")),
    ...before.slice(before.length - tail).map(mark(" ")),
  ].join("\n");
}
