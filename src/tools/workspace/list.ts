import { stat } from "node:fs/promises";
import { z } from "zod";
import { showHidden } from "../../core/quote.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { parseWorkspacePath } from "./path.ts";
import { walkFolder } from "./walk.ts";

const maxEntries = 300;

export const fileWords: readonly string[] = [
  ...words("file files folder folders directory directories workspace readme md txt csv yaml"),
  ...words("datei dateien ordner verzeichnis fichier fichiers dossier archivo archivos carpeta cartella"),
];

export function createFileList({ workspace }: { readonly workspace: string }): Tool {
  return defineTool({
    name: "file_list",
    description: "Lists files and folders in the workspace.",
    input: z.strictObject({
      path: z.string().max(1000).optional().describe("A folder; the whole workspace when absent."),
      depth: z.int().min(1).max(10).optional().describe("Levels below it; 2 when absent."),
    }),
    effect: "read",
    keywords: fileWords,
    timeoutMs: 10_000,
    maxOutputChars: 16_000,
    async run({ path = "", depth = 2 }, { signal }) {
      const lines: string[] = [];
      for await (const entry of walkFolder(workspace, parseWorkspacePath(path), { depth })) {
        signal.throwIfAborted();
        if (lines.length === maxEntries) {
          lines.push(`[more than ${maxEntries}; list a folder of it]`);
          break;
        }
        const name = showHidden(entry.path);
        if (entry.kind === "folder") lines.push(`${name}/`);
        else if (entry.kind === "other") lines.push(`${name} (a link or device)`);
        else lines.push(`${name} (${(await stat(entry.place)).size} bytes)`);
      }
      // Whoever brought the files named them.
      return { text: lines.length === 0 ? "The folder is empty." : lines.join("\n"), isOutside: lines.length > 0 };
    },
  });
}
