import type { UnzipFile } from "fflate";
import { AppError } from "../../core/errors.ts";
import { loadPackage } from "../../core/load-package.ts";

/** A file in an archive; undefined bytes: it is too large. */
export interface UnzippedFile {
  readonly name: string;
  readonly bytes: Uint8Array | undefined;
}

const maxFileBytes = 64 * 1024 * 1024;
const maxFiles = 200_000;

/** The wanted files of a ZIP archive that comes in pieces, one by one. Throws AppError "bad-input" or "too-large". */
export async function* unzip(
  chunks: AsyncIterable<Uint8Array>,
  isWanted: (name: string) => boolean,
): AsyncGenerator<UnzippedFile> {
  const { Unzip, UnzipInflate } = await loadPackage("fflate", () => import("fflate"));
  const done: UnzippedFile[] = [];
  let files = 0;
  const archive = new Unzip((file) => {
    files += 1;
    if (files > maxFiles) throw new AppError("too-large", "The archive holds too many files.");
    if (isWanted(file.name)) collect(file, done);
  });
  archive.register(UnzipInflate);
  let isEmpty = true;
  try {
    for await (const chunk of chunks) {
      if (isEmpty && chunk.length > 1 && !(chunk[0] === 0x50 && chunk[1] === 0x4b)) throw broken();
      isEmpty = false;
      archive.push(chunk);
      yield* done.splice(0);
    }
    archive.push(new Uint8Array(0), true);
  } catch (cause) {
    throw cause instanceof AppError ? cause : broken(cause);
  }
  yield* done.splice(0);
  if (files === 0) throw broken();
}

function broken(cause?: unknown): AppError {
  return new AppError("bad-input", "This is no ZIP archive, or it is damaged.", {
    hint: "Take the export as it was downloaded.",
    cause,
  });
}

function collect(file: UnzipFile, done: UnzippedFile[]): void {
  const parts: Uint8Array[] = [];
  let size = 0;
  file.ondata = (error, part, isLast) => {
    if (error !== null) throw error;
    size += part.length;
    if (size <= maxFileBytes) parts.push(part);
    if (isLast) done.push({ name: file.name, bytes: size <= maxFileBytes ? Buffer.concat(parts) : undefined });
  };
  file.start();
}
