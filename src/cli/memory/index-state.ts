import type { CommandMemory } from "../../open-memory.ts";
import { formatBytes, formatTable, printJson, printLine } from "../print.ts";

export async function showStats({ store, memory }: CommandMemory, isJson: boolean): Promise<number> {
  const counts = await store.memories.counts();
  const index = await memory.stats();
  if (isJson) {
    printJson({ ...counts, index: index ?? null });
    return 0;
  }
  const { interact, insights, assets } = counts.byLayer;
  printLine(
    formatTable(
      ["WHAT", "RECORDS"],
      [
        ["said lately (a day)", String(interact)],
        ["insights (90 days after their last use)", String(insights)],
        ["kept (documents, what you asked me to remember)", String(assets)],
        ["pinned among them", String(counts.pinned)],
        ["forgotten, only the ids still known", String(counts.forgotten)],
      ],
    ),
  );
  printLine(
    index === undefined
      ? "\nThere is no index yet; it is made when something is remembered."
      : `\nIndex: ${index.rows} rows, ${formatBytes(index.bytes)}${index.behind === 0 ? "" : ", some changes still to be taken in"}.`,
  );
  return 0;
}

export async function rebuildIndex({ memory }: CommandMemory, isJson: boolean): Promise<number> {
  const startedAt = performance.now();
  const isTerminal = process.stderr.isTTY && !isJson;
  const rows = await memory.rebuild(new AbortController().signal, (done) => {
    if (isTerminal) process.stderr.write(`\r${done} records`);
  });
  if (isTerminal) process.stderr.write("\r\u001b[K");
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  if (isJson) printJson({ rows, seconds });
  else printLine(`The index is made anew: ${rows} records in ${seconds} s.`);
  return 0;
}
