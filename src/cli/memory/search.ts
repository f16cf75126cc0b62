import { createInterface } from "node:readline";
import { AppError, describeError, isAppError } from "../../core/errors.ts";
import type { MemoryScopes } from "../../core/memory.ts";
import type { CommandMemory } from "../../open-memory.ts";
import { formatTime, plain, printLine } from "../print.ts";
import { isScope } from "./line.ts";

export interface SearchOptions {
  readonly limit: number;
  readonly scopes: MemoryScopes;
  readonly isJson: boolean;
}

export function parseScopes(names: readonly string[] | undefined): MemoryScopes {
  if (names === undefined || names.length === 0) return "all";
  return names.map((name) => {
    if (isScope(name)) return name;
    throw new AppError("bad-input", `"${name}" is no scope.`, {
      hint: 'Scopes are "team", "person:<id>" and "conversation:<id>".',
    });
  });
}

/** Answers each query: those of the command line, or a line of standard input each. */
export async function searchMemories(
  { memory, catchUp }: CommandMemory,
  words: readonly string[],
  options: SearchOptions,
): Promise<number> {
  // Without the index, what is fresh is found all the same.
  await catchUp().catch((error: unknown) => {
    if (!isAppError(error, "package-missing")) throw error;
    process.stderr.write(`Only the latest is found until this is mended. ${describeError(error)}\n`);
  });
  const queries =
    words.length > 0
      ? [words.join(" ")]
      : createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of queries) {
    const query = line.trim();
    if (query === "") continue;
    const { items, trouble } = await memory.recall(query, options.scopes, options.limit);
    if (options.isJson) {
      const results = items.map(({ record, score, reason }) => ({
        id: record.id,
        score,
        reason,
        text: record.text,
        speaker: record.speaker,
        at: record.at,
        scope: record.scope,
        ...(record.place === undefined ? {} : { place: record.place }),
      }));
      printLine(JSON.stringify({ query, results, ...(trouble === undefined ? {} : { trouble: trouble.message }) }));
    } else {
      if (items.length === 0) printLine("Nothing was found.");
      for (const { record, reason } of items)
        printLine(
          `${formatTime(record.at)}  ${plain(record.place ?? record.speaker)}: ${plain(record.text).slice(0, 300)}\n    ${plain(record.id)}, ${reason}`,
        );
    }
  }
  return 0;
}
