import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseExamples, type Example } from "./train.ts";

const folder = fileURLToPath(new URL("written", import.meta.url));

/**
 * Sentences of mail written for this project, by what each file is about: many stand in pairs that have nearly the same
 * words, of which one asks and the other tells. The people in them are made up.
 */
export async function loadWritten(): Promise<ReadonlyMap<string, readonly Example[]>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".tsv")).toSorted();
  const read = async (file: string) =>
    [file.replace(/\.tsv$/, ""), parseExamples(await readFile(join(folder, file), "utf8"))] as const;
  return new Map(await Promise.all(files.map(read)));
}
