import { copyFile, link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { hasContent } from "./content.ts";
import type { FetchedFile } from "./download.ts";
import type { Layout } from "./layout.ts";
import { formatSlug } from "./reference.ts";
import { modelKinds, type ModelKind } from "./registry.ts";
import { syncFolder, writeJson } from "./write-json.ts";

const installedSchema = z.object({
  reference: z.string(),
  kind: z.enum(modelKinds),
  /** Epoch ms. */
  installedAt: z.number(),
  files: z
    .array(
      z.object({
        name: z.string(),
        sha256: z.string(),
        bytes: z.number(),
        /** "first-use": it was not known what must come; what came is what every later pull must bring. */
        trust: z.enum(["known", "server", "first-use"]),
      }),
    )
    .min(1),
});

/** A model that lies in the store, as its reference file tells. */
export interface InstalledModel {
  readonly reference: string;
  readonly slug: string;
  readonly kind: ModelKind;
  readonly installedAt: number;
  /** Epoch ms; absent: never since it was installed. */
  readonly usedAt?: number;
  readonly files: readonly (FetchedFile & { readonly name: string })[];
}

/** Undefined where there is none, or where its file cannot be read. */
export async function loadInstalled(layout: Layout, reference: string): Promise<InstalledModel | undefined> {
  return loadReference(layout, formatSlug(reference));
}

/** Sorted by reference. */
export async function listInstalled(layout: Layout): Promise<readonly InstalledModel[]> {
  const found: InstalledModel[] = [];
  for (const slug of await listSlugs(layout)) {
    const model = await loadReference(layout, slug);
    if (model !== undefined) found.push(model);
  }
  return found.toSorted((a, b) => a.reference.localeCompare(b.reference));
}

/** Of all reference files, readable or not. */
export async function listSlugs({ references }: Layout): Promise<readonly string[]> {
  const names = await readdir(references).catch(() => []);
  return names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
}

/** Are all its files there, in full length? Contents are proved by `verify` only. */
export async function isComplete(layout: Layout, { slug, files }: InstalledModel): Promise<boolean> {
  for (const { name, bytes } of files) {
    const found = await stat(join(layout.files, slug, name)).catch(() => undefined);
    if (found?.size !== bytes) return false;
  }
  return true;
}

export async function noteUse(layout: Layout, { slug }: InstalledModel, at: number): Promise<void> {
  const path = usePath(layout, slug);
  await writeFile(path, "");
  await utimes(path, at / 1000, at / 1000);
}

/**
 * Makes fetched parts a model: contents into the blobs, links under their names, and last the reference, which is what
 * counts. A crash before that leaves the parts, too, so that nothing has to be fetched again. To be called with the store's lock.
 */
export async function install(
  layout: Layout,
  model: Omit<InstalledModel, "usedAt">,
  partOf: (name: string) => string,
): Promise<void> {
  await mkdir(layout.blobs, { recursive: true, mode: 0o700 });
  const folder = join(layout.files, model.slug);
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  for (const { name, sha256 } of model.files) {
    const blob = layout.blob(sha256);
    if (!(await hasContent(blob, sha256))) {
      await rm(blob, { force: true });
      await linkOrCopy(partOf(name), blob);
    }
    await linkOrCopy(blob, join(fresh, name));
  }
  await syncFolder(layout.blobs);
  await syncFolder(fresh);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
  await syncFolder(layout.files);
  const { slug, ...written } = model;
  await writeJson(join(layout.references, `${slug}.json`), written);
}

/** Forgets a model; its contents stay until `gc`. */
export async function forget(layout: Layout, slug: string): Promise<void> {
  await rm(join(layout.references, `${slug}.json`), { force: true });
  await rm(usePath(layout, slug), { force: true });
  await rm(join(layout.files, slug), { recursive: true, force: true });
}

/** Some file systems have no hard links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to);
  }
}

function usePath({ references }: Layout, slug: string): string {
  return join(references, `${slug}.used`);
}

async function loadReference(layout: Layout, slug: string): Promise<InstalledModel | undefined> {
  try {
    const text = await readFile(join(layout.references, `${slug}.json`), "utf8");
    const used = await stat(usePath(layout, slug)).catch(() => undefined);
    const model = installedSchema.parse(JSON.parse(text));
    return { ...model, slug, ...(used === undefined ? {} : { usedAt: Math.round(used.mtimeMs) }) };
  } catch {
    return undefined;
  }
}
