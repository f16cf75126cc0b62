import { collectOwn, type Collected } from "../../../src/style/sources/collect.ts";
import type { SourceKind } from "../../../src/style/sources/source.ts";

export const undatedAt = Date.UTC(2026, 0, 1);

/** A file as it comes from a disk: in pieces that end anywhere, also within a character. */
export async function* cut(file: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = typeof file === "string" ? new TextEncoder().encode(file) : file;
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

export function collect(
  kind: SourceKind,
  file: string | Uint8Array,
  me: readonly string[] = [],
  size = 7,
): Promise<Collected> {
  return collectOwn(kind, { chunks: cut(file, size), me, undatedAt });
}

export async function textsOf(...parameters: Parameters<typeof collect>): Promise<readonly string[]> {
  return (await collect(...parameters)).messages.map(({ text }) => text);
}
