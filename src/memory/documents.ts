import { createHash } from "node:crypto";
import { glob, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import type { ReadDocument } from "../core/document.ts";
import { AppError, describeError } from "../core/errors.ts";
import type { MemoryScope, MemoryStore, NewMemory } from "../core/memory.ts";
import type { Store } from "../core/store.ts";
import { chunkDocument } from "./chunk.ts";

const maxFiles = 20_000;
const maxFileBytes = 50 * 1_048_576;
const maxChunks = 5_000;
const types: Readonly<Record<string, string>> = {
  ".md": "text/markdown",
  ".markdown": "text/markdown",
  ".txt": "text/plain",
  ".text": "text/plain",
  ".rst": "text/plain",
  ".csv": "text/csv",
  ".html": "text/html",
  ".htm": "text/html",
  ".pdf": "application/pdf",
  ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  ".odt": "application/vnd.oasis.opendocument.text",
  ".ods": "application/vnd.oasis.opendocument.spreadsheet",
  ".odp": "application/vnd.oasis.opendocument.presentation",
};

export interface DocumentsDeps {
  readonly store: Pick<Store, "write"> & { readonly memories: Pick<MemoryStore, "idsOfSource" | "sources"> };
  readonly readDocument: ReadDocument;
  /** Takes out of text from outside what nobody can see. */
  readonly cleanText: (text: string) => string;
  readonly onFile?: (name: string) => void;
}

export interface AddedDocuments {
  readonly added: number;
  readonly unchanged: number;
  /** Not there any more. */
  readonly removed: number;
  readonly chunks: number;
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Takes a document, or all of a folder, into the assets. What changed since the last time is replaced, what is gone from
 * the folder is forgotten. Throws AppError "not-found".
 */
export async function addDocuments(
  deps: DocumentsDeps,
  path: string,
  scope: MemoryScope,
  signal: AbortSignal,
): Promise<AddedDocuments> {
  const root = resolve(path);
  const info = await stat(root).catch(() => undefined);
  if (info === undefined) throw new AppError("not-found", `There is no file or folder ${path}.`);
  const files = info.isDirectory() ? await listFiles(root) : [root];
  const base = info.isDirectory() ? root : dirname(root);
  const counts = { added: 0, unchanged: 0, chunks: 0 };
  const failed: { name: string; reason: string }[] = [];
  for (const file of files) {
    if (signal.aborted) break;
    const name = relative(base, file).split(sep).join("/");
    deps.onFile?.(name);
    try {
      const chunks = await addFile(deps, file, name, scope, signal);
      counts[chunks === undefined ? "unchanged" : "added"] += 1;
      counts.chunks += chunks ?? 0;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failed.push({ name, reason: describeError(error) });
    }
  }
  const removed = info.isDirectory() && !signal.aborted ? await removeMissing(deps, root, files) : 0;
  return { ...counts, removed, failed };
}

async function listFiles(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  const isHidden = (name: string): boolean => /^\.|^node_modules$/.test(basename(name));
  for await (const entry of glob("**/*", { cwd: root, withFileTypes: true, exclude: (each) => isHidden(each.name) })) {
    if (!entry.isFile() || isHidden(entry.name) || types[extname(entry.name).toLowerCase()] === undefined) continue;
    found.push(join(entry.parentPath, entry.name));
    if (found.length > maxFiles)
      throw new AppError("too-large", `The folder has more than ${maxFiles} documents.`, { hint: "Add its parts." });
  }
  return found.toSorted();
}

/** Undefined: it is there already as it is now. */
async function addFile(
  { store, readDocument, cleanText }: DocumentsDeps,
  file: string,
  name: string,
  scope: MemoryScope,
  signal: AbortSignal,
): Promise<number | undefined> {
  const info = await stat(file);
  if (info.size > maxFileBytes) throw new AppError("too-large", `It is larger than ${maxFileBytes / 1_048_576} MB.`);
  const bytes = await readFile(file);
  const source = sourceOf(file);
  const version = hash(`${scope} ${name} ${hash(bytes)}`);
  const known = await store.memories.idsOfSource(source);
  if (known.some((id) => id.startsWith(`doc:${version}:`))) return undefined;
  const mimeType = types[extname(file).toLowerCase()] ?? "text/plain";
  const document = await readDocument(bytes, mimeType, basename(file), { signal });
  const pages = document.pages.map(({ label, text }) => ({ label, text: cleanText(text) }));
  const chunks = chunkDocument({ pages }).slice(0, maxChunks);
  if (chunks.length === 0) throw new AppError("unsupported", "There is no text in it.");
  const records = chunks.map(({ text, place }, index): NewMemory => ({
    id: `doc:${version}:${index}`,
    layer: "assets",
    scope,
    source,
    speaker: "",
    place: place === "" ? name : `${name}, ${place}`,
    text,
    at: Math.trunc(info.mtimeMs),
    importance: 0.5,
    isPinned: false,
    isOutside: true,
  }));
  await store.write(async (transaction) => {
    await transaction.forgetMemories(known, "all");
    await transaction.putMemories(records);
  });
  return records.length;
}

async function removeMissing({ store }: DocumentsDeps, root: string, files: readonly string[]): Promise<number> {
  const there = new Set(files.map(sourceOf));
  const gone = (await store.memories.sources(sourceOf(`${root}${sep}`))).filter((source) => !there.has(source));
  for (const source of gone) {
    const ids = await store.memories.idsOfSource(source);
    await store.write((transaction) => transaction.forgetMemories(ids, "all"));
  }
  return gone.length;
}

function sourceOf(file: string): string {
  return `file:${file}`;
}

function hash(of: string | Uint8Array): string {
  return createHash("sha256").update(of).digest("base64url").slice(0, 22);
}
