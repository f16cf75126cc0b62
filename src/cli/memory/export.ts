import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { AppError } from "../../core/errors.ts";
import type { CommandMemory } from "../../open-memory.ts";
import { printLine } from "../print.ts";
import { formatMemoryLine } from "./line.ts";

const page = 1_000;

/** Writes to a file, which only its owner may read, or to standard output. */
export async function exportMemories({ store }: CommandMemory, path: string | undefined): Promise<number> {
  const output = path === undefined ? process.stdout : createWriteStream(path, { mode: 0o600 });
  try {
    if (path !== undefined) await once(output, "open");
    let count = 0;
    for (let after = 0; ;) {
      const records = await store.memories.page(after, page);
      const last = records.at(-1);
      if (last === undefined) break;
      after = last.seq;
      count += records.length;
      const lines = records.map((record) => `${formatMemoryLine(record)}\n`).join("");
      if (!output.write(lines)) await once(output, "drain");
    }
    if (path !== undefined) {
      output.end();
      await finished(output);
      printLine(`${count} records written to ${path}.`);
    }
    return 0;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("bad-input", `The file ${path ?? ""} cannot be written.`, { cause });
  }
}
