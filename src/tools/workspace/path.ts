import { AppError } from "../../core/errors.ts";

const maxDepth = 32;
const maxNameBytes = 255;

/**
 * Reads a path inside the workspace into its names; empty: the workspace itself. Throws AppError "bad-input" for what is
 * absolute, leads upwards, or cannot be a name. Whether links lie on the way is asked when it is opened.
 */
export function parseWorkspacePath(path: string): readonly string[] {
  if (/[\u0000-\u001f\u007f\\]/.test(path)) throw refuse("A path holds no control characters and no backslashes.");
  if (!path.isWellFormed()) throw refuse("A path is well-formed text.");
  if (path.startsWith("/") || path.startsWith("~") || /^[A-Za-z]:/.test(path))
    throw refuse("The path is not relative to the workspace.");
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) throw refuse("The path leads upwards.");
  if (names.length > maxDepth) throw refuse("The path is too deep.");
  if (names.some((name) => Buffer.byteLength(name) > maxNameBytes)) throw refuse("A name in the path is too long.");
  return names;
}

/**
 * As parseWorkspacePath, for a file that is about to be changed. Throws also for the workspace itself, and for anything
 * below a `.git`: what stands there can name programs to run.
 */
export function parseChangedPath(path: string): readonly string[] {
  const names = parseWorkspacePath(path);
  if (names.length === 0) throw refuse("The path names no file.");
  if (names.some((name) => /^\.git$/i.test(name)))
    throw new AppError("forbidden", "What lies in a .git folder is git's own and is not changed.");
  return names;
}

function refuse(message: string): AppError {
  return new AppError("bad-input", message, {
    hint: 'Give a path relative to the workspace, such as "notes/today.md".',
  });
}
