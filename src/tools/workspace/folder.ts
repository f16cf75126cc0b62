import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { link, lstat, mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { AppError, isAppError } from "../../core/errors.ts";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY, O_CREAT, O_EXCL } = constants;

/** A folder of the workspace that is held open. */
export interface OpenFolder {
  /** Put "/name" behind it: the name is looked up in this very folder, whatever becomes of its path meanwhile. */
  readonly base: string;
  close(): Promise<void>;
}

/**
 * Opens a folder below the root, name by name, and follows no link on the way. On Linux each step starts from the folder
 * held open before it, so that a folder swapped for a link in between leads nowhere; elsewhere each name is looked at just
 * before it is used. Throws AppError "not-found" or "forbidden". The root itself is made when it is not there.
 */
export async function openFolder(
  root: string,
  names: readonly string[],
  { create = false }: { readonly create?: boolean } = {},
): Promise<OpenFolder> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  let folder = await hold(root, await open(root, O_RDONLY | O_DIRECTORY));
  for (const name of names) {
    const path = `${folder.base}/${name}`;
    try {
      if (create) await mkdir(path, { mode: 0o700 }).catch(ignoreExisting);
      if (process.platform !== "linux") await checkNoLink(path);
      const next = await hold(path, await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
      await folder.close();
      folder = next;
    } catch (error) {
      const reason = await explain(path, error);
      await folder.close();
      throw reason;
    }
  }
  return folder;
}

async function hold(path: string, handle: FileHandle): Promise<OpenFolder> {
  const base = process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : path;
  return { base, close: () => handle.close() };
}

/** Works in the folder of a file: `path` is where the file is to be looked up. */
export async function inFolderOf<T>(
  root: string,
  names: readonly string[],
  work: (path: string, folder: string) => Promise<T>,
  options: { readonly create?: boolean } = {},
): Promise<T> {
  if (names.length === 0) throw new AppError("bad-input", "This is the workspace itself, not a file in it.");
  const folder = await openFolder(root, names.slice(0, -1), options);
  const path = `${folder.base}/${names.at(-1)}`;
  try {
    return await work(path, folder.base);
  } catch (error) {
    throw await explain(path, error);
  } finally {
    await folder.close();
  }
}

/** A whole file, if it is an ordinary one and not larger. Throws AppError. */
export function readWhole(path: string, maxBytes: number): Promise<Buffer> {
  return readFile(path, (size) => {
    if (size > maxBytes)
      throw new AppError("too-large", `The file is larger than ${Math.floor(maxBytes / 1_048_576)} MB.`);
    return size;
  });
}

/** The first bytes of an ordinary file. Throws AppError. */
export function readStart(path: string, bytes: number): Promise<Buffer> {
  return readFile(path, (size) => Math.min(size, bytes));
}

async function readFile(path: string, pickLength: (size: number) => number): Promise<Buffer> {
  if (process.platform !== "linux") await checkNoLink(path);
  // Without O_NONBLOCK a pipe would hold us until somebody writes to it.
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new AppError("bad-input", "This is a folder, not a file.");
    if (!stats.isFile()) throw new AppError("forbidden", "This is not an ordinary file.");
    const bytes = Buffer.alloc(pickLength(stats.size));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Writes beside and moves into place, so that nobody ever sees half a file. Throws AppError "conflict" for one that is there, unless it may be replaced. */
export async function writeWhole(
  path: string,
  folder: string,
  content: string | Uint8Array,
  { mayReplace }: { readonly mayReplace: boolean },
): Promise<void> {
  const before = await lstat(path).catch(() => undefined);
  if (before !== undefined && !before.isFile())
    throw before.isDirectory()
      ? new AppError("bad-input", "This is a folder, not a file.")
      : new AppError("forbidden", "This is not an ordinary file.");
  const temporary = join(folder, `.parlance-${randomBytes(8).toString("hex")}`);
  const mode = before === undefined ? 0o600 : before.mode & 0o777;
  const handle = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (mayReplace) await rename(temporary, path);
    else await link(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Says in a sentence why a file could not be had. */
async function explain(path: string, error: unknown): Promise<unknown> {
  if (isAppError(error)) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink() === true)
    return new AppError("forbidden", "This is a link; links in the workspace are not followed.", { cause: error });
  if (code === "ENOENT") return new AppError("not-found", "There is no such file or folder.", { cause: error });
  if (code === "ENOTDIR") return new AppError("not-found", "This is not a folder.", { cause: error });
  if (code === "EEXIST") return new AppError("conflict", "There is such a file already.", { cause: error });
  if (code === "ENOTEMPTY") return new AppError("conflict", "The folder is not empty.", { cause: error });
  if (code === "EACCES" || code === "EPERM" || code === "EROFS" || code === "ENXIO")
    return new AppError("forbidden", "The file may not be opened.", { cause: error });
  if (code === "ENOSPC" || code === "EDQUOT") return new AppError("tool-failed", "The disk is full.", { cause: error });
  return error;
}

async function checkNoLink(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink() === true)
    throw new AppError("forbidden", "This is a link; links in the workspace are not followed.");
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
