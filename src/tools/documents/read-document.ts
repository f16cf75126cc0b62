import type { Readable } from "node:stream";
import { z } from "zod";
import type { DocumentPage, ReadDocument } from "../../core/document.ts";
import { AppError } from "../../core/errors.ts";
import type { Attachment } from "../../core/message.ts";
import { showHidden } from "../../core/quote.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { inFolderOf, readWhole } from "../workspace/folder.ts";
import { parseWorkspacePath } from "../workspace/path.ts";

export interface ReadDocumentOptions {
  readonly workspace: string;
  readonly readDocument: ReadDocument;
  /** Files that came with messages of a conversation, the latest first. */
  readonly attachments: (conversation: string) => Promise<readonly Attachment[]>;
  /** Of the file store. */
  readonly openFile: (attachment: Attachment) => Readable;
  readonly cleanText: (text: string) => string;
}

const maxBytes = 32 * 1_048_576;

interface Source {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

export function createReadDocument(options: ReadDocumentOptions): Tool {
  return defineTool({
    name: "read_document",
    description:
      "Reads a PDF, Word, Excel, PowerPoint, OpenDocument, HTML or text file: one that came with a message of this conversation, or one in the workspace.",
    input: z.strictObject({
      file: z.string().min(1).max(1000).describe("The attachment's name, or a path in the workspace."),
      pages: z.string().min(1).max(60).optional().describe('Such as "1-3" or "2,5"; from the first when absent.'),
      maxChars: z.int().min(200).max(40_000).optional().describe("12000 when absent."),
    }),
    effect: "read",
    keywords: [
      ...words("document documents pdf docx xlsx pptx odt spreadsheet slides attachment attached file files"),
      ...words("dokument anhang folien datei fichier documento adjunto archivo allegato"),
      "pièce jointe",
    ],
    timeoutMs: 60_000,
    maxOutputChars: 42_000,
    async run({ file, pages: wanted, maxChars = 12_000 }, { conversation, signal }) {
      const source = (await findAttachment(file, conversation)) ?? (await readFromWorkspace(file));
      const { title, pages, isCut } = await options.readDocument(source.bytes, source.mimeType, source.name, {
        signal,
      });
      const chosen = pickPages(pages, wanted);
      const end = isCut ? ", and more that could not be read" : "";
      const head = `[${showHidden(title ?? source.name)}: ${pages.length} ${pages.length === 1 ? "page" : "pages"}${end}]`;
      const body = chosen.map(({ label, text }) => `[${label}]\n${text === "" ? "(no text)" : text}`).join("\n\n");
      const text = options.cleanText(`${head}\n${body}`);
      if (text.length <= maxChars) return { text, isOutside: true };
      const note = `\n[cut: ${text.length - maxChars} more characters; ask for later pages]`;
      return { text: text.slice(0, maxChars).toWellFormed() + note, isOutside: true };
    },
  });

  async function findAttachment(name: string, conversation: string): Promise<Source | undefined> {
    const all = await options.attachments(conversation);
    const found =
      all.find((one) => one.name === name) ?? all.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (found === undefined) return undefined;
    if (found.bytes > maxBytes) throw new AppError("too-large", "The file is too large to be read.");
    const chunks: Buffer[] = [];
    for await (const chunk of options.openFile(found) as AsyncIterable<Buffer>) chunks.push(chunk);
    return { name: found.name, mimeType: found.mimeType, bytes: Buffer.concat(chunks) };
  }

  async function readFromWorkspace(file: string): Promise<Source> {
    const names = parseWorkspacePath(file);
    const bytes = await inFolderOf(options.workspace, names, (place) => readWhole(place, maxBytes));
    return { name: names.at(-1) ?? "", mimeType: "", bytes };
  }
}

/** "2-3,5" of the pages, counted from 1. Throws AppError "bad-input" when it cannot be read or names no page. */
export function pickPages(pages: readonly DocumentPage[], wanted: string | undefined): readonly DocumentPage[] {
  if (wanted === undefined) return pages;
  const ranges = wanted.split(",").map((part) => /^\s*(\d{1,6})(?:\s*[-–]\s*(\d{1,6}))?\s*$/.exec(part));
  if (ranges.includes(null)) throw new AppError("bad-input", 'Write pages like "1-3" or "2,5".');
  const chosen = pages.filter((_, index) =>
    ranges.some((range) => {
      const first = Number(range?.[1]);
      return index + 1 >= first && index + 1 <= Number(range?.[2] ?? first);
    }),
  );
  if (chosen.length > 0) return chosen;
  throw new AppError("bad-input", `There is no such page; the document has ${pages.length}.`);
}
