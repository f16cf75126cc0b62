import { AppError } from "../../core/errors.ts";
import type { MemoryScopes } from "../../core/memory.ts";
import type { CommandMemory } from "../../open-memory.ts";
import { plain, printJson, printLine } from "../print.ts";

export async function addDocumentsFrom(
  { addDocuments, catchUp }: CommandMemory,
  path: string,
  scopes: MemoryScopes,
  isJson: boolean,
): Promise<number> {
  const [scope = "team", ...more] = scopes === "all" ? [] : scopes;
  if (more.length > 0) throw new AppError("bad-input", "A document is kept for one scope.");
  const added = await addDocuments(path, scope, new AbortController().signal);
  await catchUp();
  if (isJson) printJson(added);
  else {
    printLine(
      `${count(added.added, "document")} taken in (${count(added.chunks, "piece")}), ${added.unchanged} unchanged, ${added.removed} forgotten.`,
    );
    for (const { name, reason } of added.failed) printLine(`  ${plain(name)}: ${plain(reason)}`);
  }
  return added.failed.length === 0 ? 0 : 1;
}

function count(value: number, what: string): string {
  return `${value} ${what}${value === 1 ? "" : "s"}`;
}
