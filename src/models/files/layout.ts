import { join } from "node:path";

/** Where things lie in the model store. */
export interface Layout {
  readonly root: string;
  /** The user's entries. */
  readonly registry: string;
  /** Contents, each named after its sha256. */
  readonly blobs: string;
  /** What is on its way, a folder for each model. */
  readonly parts: string;
  /** A small JSON file for each installed model. */
  readonly references: string;
  /** A folder for each installed model, with its files under their own names: links to blobs. */
  readonly files: string;
  readonly locks: string;
  blob(sha256: string): string;
}

export function createLayout(root: string): Layout {
  const blobs = join(root, "blobs");
  return {
    root,
    registry: join(root, "registry.json"),
    blobs,
    parts: join(root, "parts"),
    references: join(root, "references"),
    files: join(root, "files"),
    locks: join(root, "locks"),
    blob: (sha256) => join(blobs, `sha256-${sha256}`),
  };
}

/** Of the short moments in which contents and references change together. */
export function storeLock({ locks }: Layout): string {
  return join(locks, "store");
}

export function pullLock({ locks }: Layout, slug: string): string {
  return join(locks, `${slug}.pull`);
}
