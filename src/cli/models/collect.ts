import { basename } from "node:path";
import { AppError } from "../../core/errors.ts";
import type { ModelFiles, Waste } from "../../model-files.ts";
import { createAsker } from "../channels/ask.ts";
import { formatBytes, formatTable, plain, printJson, printLine } from "../print.ts";

const words = { content: "contents", part: "part of a download", folder: "folder of names" } as const;

/** Removes what nothing refers to, after asking. */
export async function collectWaste(
  files: ModelFiles,
  signal: AbortSignal,
  { isJson, isAgreed }: { readonly isJson: boolean; readonly isAgreed: boolean },
): Promise<number> {
  const waste = await files.findWaste(signal);
  const bytes = sum(waste);
  if (!isJson && waste.length > 0) {
    const rows = waste.map((one) => [words[one.kind], formatBytes(one.bytes), plain(basename(one.path))]);
    printLine(formatTable(["WHAT", "SIZE", "NAME"], rows));
  }
  const isWanted =
    waste.length > 0 && (isAgreed || (!isJson && (await ask(`Remove them (${formatBytes(bytes)})? [y/N] `))));
  const removed = isWanted ? await files.removeWaste(signal) : [];
  if (isJson) printJson({ found: waste, foundBytes: bytes, removed, removedBytes: sum(removed) });
  else if (waste.length === 0) printLine("There is nothing to remove.");
  else printLine(isWanted ? `Removed; ${formatBytes(sum(removed))} are free again.` : "Nothing was removed.");
  return 0;
}

/** Forgets a model and what only it needed. */
export async function removeModel(
  files: ModelFiles,
  reference: string,
  signal: AbortSignal,
  isJson: boolean,
): Promise<number> {
  const bytes = await files.remove(reference, signal);
  if (isJson) printJson({ reference, removedBytes: bytes });
  else printLine(`Removed; ${formatBytes(bytes)} are free again.`);
  return 0;
}

async function ask(prompt: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new AppError("bad-input", "Nobody is here to be asked.", { hint: "--yes removes without asking." });
  const asker = createAsker();
  try {
    return /^y(es)?$/i.test(await asker.ask(prompt));
  } finally {
    asker.close();
  }
}

function sum(waste: readonly Waste[]): number {
  return waste.reduce((total, { bytes }) => total + bytes, 0);
}
