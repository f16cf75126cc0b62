import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../core/errors.ts";
import { listInstalled, listSlugs } from "./installed.ts";
import { pullLock, type Layout } from "./layout.ts";
import { isFree } from "./lock.ts";

/** Something in the store that nothing refers to. */
export interface Waste {
  readonly kind: "content" | "part" | "folder";
  readonly path: string;
  /** That its removal frees. */
  readonly bytes: number;
}

/** A part that nobody went on with for so long is given up. */
const partAgeMs = 7 * 86_400_000;

/**
 * Contents without a reference, folders of models that are no more, and parts older than 7 days that nobody is at. To
 * be called with the store's lock. Throws AppError "store-failed" where it cannot be known what is referred to.
 */
export async function findWaste(layout: Layout, now: number): Promise<readonly Waste[]> {
  const installed = await listInstalled(layout);
  const slugs = new Set(installed.map(({ slug }) => slug));
  const unreadable = (await listSlugs(layout)).filter((slug) => !slugs.has(slug));
  if (unreadable.length > 0)
    throw new AppError("store-failed", `A reference file cannot be read: ${unreadable.join(", ")}.`, {
      hint: `Remove it from ${layout.references}, or pull its model again.`,
    });
  const wanted = new Set(installed.flatMap(({ files }) => files.map(({ sha256 }) => `sha256-${sha256}`)));
  const waste: Waste[] = [];
  for (const name of await list(layout.files))
    if (!slugs.has(name)) waste.push({ kind: "folder", path: join(layout.files, name), bytes: 0 });
  for (const name of await list(layout.blobs))
    if (!wanted.has(name)) waste.push(await weigh("content", join(layout.blobs, name)));
  for (const slug of await list(layout.parts)) {
    const folder = join(layout.parts, slug);
    const parts = await Promise.all((await list(folder)).map((name) => weigh("part", join(folder, name))));
    const newestAt = Math.max(0, ...parts.map(({ changedAt }) => changedAt));
    if (now - newestAt > partAgeMs && isFree(pullLock(layout, slug)))
      waste.push({ kind: "part", path: folder, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) });
  }
  return waste.map(({ kind, path, bytes }) => ({ kind, path, bytes }));
}

export async function removeWaste(waste: readonly Waste[]): Promise<void> {
  for (const { path } of waste) await rm(path, { recursive: true, force: true });
}

async function weigh(kind: Waste["kind"], path: string): Promise<Waste & { readonly changedAt: number }> {
  const found = await stat(path).catch(() => undefined);
  return { kind, path, bytes: found?.size ?? 0, changedAt: found?.mtimeMs ?? 0 };
}

async function list(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
