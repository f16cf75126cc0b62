import type { DocumentText, ReadDocument } from "../core/document.ts";
import { AppError, isAppError } from "../core/errors.ts";
import { runApart } from "../core/run-apart.ts";
import { decodeText } from "./decode.ts";
import { extractModule, type ExtractInput } from "./extract.ts";
import { readWhole } from "./html.ts";
import { pickKind } from "./kind.ts";
import { limits } from "./limits.ts";
import { paginateText } from "./plain.ts";

export interface DocumentReaderOptions {
  /** Documents read at the same time; the others wait. 2 when absent. */
  readonly atOnce?: number;
  /** For one document; 30 s when absent. */
  readonly timeoutMs?: number;
  /** For one document; 512 when absent. */
  readonly memoryMb?: number;
  /** More than these are turned away; 32 when absent. */
  readonly mostWaiting?: number;
}

/** Looking for an article may be made to take long; the page can be read without. */
const articleMs = 8000;

/** Creates the reader of documents. Everything but plain text is read in a thread of its own that ends with it. */
export function createDocumentReader(options: DocumentReaderOptions = {}): ReadDocument {
  const { atOnce = 2, timeoutMs = limits.timeoutMs, memoryMb = limits.memoryMb, mostWaiting = 32 } = options;
  const waiting: (() => void)[] = [];
  let running = 0;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) {
      if (waiting.length >= mostWaiting)
        throw new AppError("rate-limited", "Too many documents are being read.", { retryAfterMs: 10_000 });
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  return async function readDocument(bytes, mimeType, name, { signal } = {}) {
    if (bytes.length > limits.bytes)
      throw new AppError("too-large", `The document is larger than ${limits.bytes / 1_048_576} MB.`);
    const kind = pickKind(bytes, mimeType, name);
    if (kind === "text") return paginateText(decodeText(bytes, mimeType));
    if (kind === "binary" || kind === "old-office") throw unreadable(kind);
    const input: ExtractInput = { kind, bytes, mimeType };
    const job = {
      where: "thread" as const,
      module: extractModule,
      name: "extractText",
      input,
      timeoutMs: kind === "html" ? Math.min(timeoutMs, articleMs) : timeoutMs,
      maxMemoryMb: memoryMb,
      ...(signal === undefined ? {} : { signal }),
    };
    try {
      return await inTurn(() => runApart<DocumentText>(job));
    } catch (error) {
      if (kind === "html" && (isAppError(error, "timeout") || isAppError(error, "too-large")))
        return readWhole(decodeText(bytes, mimeType));
      if (error instanceof AppError) throw error;
      throw new AppError("unsupported", "The document is damaged.", { cause: error });
    }
  };
}

function unreadable(kind: "binary" | "old-office"): AppError {
  return kind === "old-office"
    ? new AppError("unsupported", "This is a file of an old Office, which cannot be read.", {
        hint: "Save it as .docx, .xlsx, .pptx or .pdf.",
      })
    : new AppError("unsupported", "This file is no document with text in it.", {
        hint: "PDF, HTML, Word, Excel, PowerPoint, OpenDocument and plain text can be read.",
      });
}
