import { open } from "node:fs/promises";
import { AppError } from "../../core/errors.ts";
import type { NewMemory } from "../../core/memory.ts";
import type { CommandMemory } from "../../open-memory.ts";
import { plain, printJson, printLine } from "../print.ts";
import { parseMemoryLine } from "./line.ts";

const batchSize = 500;
const maxShown = 20;

interface BadLine {
  readonly line: number;
  readonly reason: string;
}

/** Takes in a file of JSON lines. Bad lines are named; the others come in. */
export async function importMemories(
  { store, catchUp }: CommandMemory,
  path: string,
  isJson: boolean,
): Promise<number> {
  const bad: BadLine[] = [];
  let count = 0;
  let number = 0;
  let batch = new Map<string, NewMemory>();
  const flush = async (): Promise<void> => {
    const records = [...batch.values()];
    batch = new Map();
    if (records.length > 0) await store.write((transaction) => transaction.putMemories(records));
  };
  for await (const line of readLines(path)) {
    number += 1;
    if (line.trim() === "") continue;
    const parsed = parseMemoryLine(line);
    if (typeof parsed === "string") {
      bad.push({ line: number, reason: parsed });
      continue;
    }
    batch.set(parsed.id, parsed);
    count += 1;
    if (batch.size >= batchSize) await flush();
  }
  await flush();
  await catchUp();
  if (isJson) printJson({ imported: count, bad });
  else {
    printLine(`${count} imported${bad.length === 0 ? "." : `, ${bad.length} left out:`}`);
    for (const { line, reason } of bad.slice(0, maxShown)) printLine(`  line ${line}: ${plain(reason)}`);
    if (bad.length > maxShown) printLine(`  and ${bad.length - maxShown} more`);
  }
  return bad.length === 0 ? 0 : 1;
}

async function* readLines(path: string): AsyncGenerator<string> {
  const input = await open(path).catch((cause: unknown) => {
    throw new AppError("not-found", `The file ${path} cannot be read.`, { hint: "Check its name and place.", cause });
  });
  try {
    yield* input.readLines();
  } finally {
    await input.close();
  }
}
