import { readdir } from "node:fs/promises";
import { openFolder } from "./folder.ts";

export interface WalkEntry {
  /** Relative to the workspace. */
  readonly path: string;
  readonly kind: "file" | "folder" | "other";
  /** Where it can be opened until the next entry is asked for. */
  readonly place: string;
}

const maxDepth = 32;

/**
 * Everything below a folder, in order of names, links not followed; `.git` folders are named and not entered. Stops
 * silently where the depth does.
 */
export async function* walkFolder(
  root: string,
  names: readonly string[],
  { depth = maxDepth }: { readonly depth?: number } = {},
): AsyncGenerator<WalkEntry> {
  const folder = await openFolder(root, names);
  try {
    const entries = await readdir(folder.base, { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = [...names, entry.name];
      const kind = entry.isDirectory() ? "folder" : entry.isFile() ? "file" : "other";
      yield { path: inner.join("/"), kind, place: `${folder.base}/${entry.name}` };
      const isEntered = kind === "folder" && depth > 1 && inner.length < maxDepth && entry.name !== ".git";
      if (isEntered) yield* walkFolder(root, inner, { depth: depth - 1 });
    }
  } finally {
    await folder.close();
  }
}
