import { AppError, describeError, isAppError } from "../../core/errors.ts";
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
  // What is kept in the store is not lost where the index cannot be made.
  const trouble = await catchUp().then(
    () => undefined,
    (error: unknown) => {
      if (isAppError(error, "package-missing")) return error;
      throw error;
    },
  );
  if (isJson) printJson(added);
  else {
    printLine(
      `${count(added.added, "document")} taken in (${count(added.chunks, "piece")}), ${added.unchanged} unchanged, ${added.removed} forgotten.`,
    );
    for (const { name, reason } of added.failed) printLine(`  ${plain(name)}: ${plain(reason)}`);
  }
  if (trouble !== undefined)
    process.stderr.write(
      `What was taken in is kept; until this is mended, only the latest of it is found. ${describeError(trouble)}\n`,
    );
  return added.failed.length === 0 && trouble === undefined ? 0 : 1;
}

function count(value: number, what: string): string {
  return `${value} ${what}${value === 1 ? "" : "s"}`;
}
