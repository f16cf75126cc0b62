import { join } from "node:path";
import { hashFile } from "./content.ts";
import { listInstalled, type InstalledModel } from "./installed.ts";
import type { Layout } from "./layout.ts";

export interface CheckedFile {
  readonly reference: string;
  readonly name: string;
  readonly bytes: number;
  readonly state: "intact" | "changed" | "missing";
}

/** Reads all files of installed models and compares their sha256 with what was recorded. Changes nothing. */
export async function checkFiles(
  layout: Layout,
  isWanted: (model: InstalledModel) => boolean,
  signal: AbortSignal,
  onFile: (checked: CheckedFile) => void = () => undefined,
): Promise<readonly CheckedFile[]> {
  const all: CheckedFile[] = [];
  for (const { reference, slug, files } of (await listInstalled(layout)).filter(isWanted)) {
    for (const { name, sha256, bytes } of files) {
      const found = await hashFile(join(layout.files, slug, name), signal);
      const state = found === undefined ? "missing" : found === sha256 ? "intact" : "changed";
      const checked = { reference, name, bytes, state } as const;
      all.push(checked);
      onFile(checked);
    }
  }
  return all;
}
