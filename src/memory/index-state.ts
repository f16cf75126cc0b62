import { mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createId } from "../core/id.ts";

/** What an index is and how far it has come; lies beside its tables, so that it is lost with them. */
export interface IndexState {
  readonly table: string;
  /** The newest change of the store that is in the table. */
  readonly cursor: number;
  /** How words were made and vectors: another way makes another index. */
  readonly make: string;
  /** Is it being filled for the first time? Cut off then, it is begun anew. */
  readonly isFilling: boolean;
  /** Vectors there were when their index was last laid out. */
  readonly laidOutFor?: number;
}

const fileName = "index.json";

/** Undefined: there is none, or none that can be read. */
export async function loadIndexState(folder: string): Promise<IndexState | undefined> {
  try {
    const state = JSON.parse(await readFile(join(folder, fileName), "utf8")) as Partial<IndexState>;
    const isWhole = typeof state.table === "string" && typeof state.cursor === "number";
    return isWhole ? (state as IndexState) : undefined;
  } catch {
    return undefined;
  }
}

/** Written beside and moved into place: half a state is never seen. */
export async function saveIndexState(folder: string, state: IndexState): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.${fileName}-${createId(Date.now())}`);
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(JSON.stringify(state));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(folder, fileName));
}

/** Of this folder, for the lease of its one writer: made by whoever comes first. */
export async function loadFolderId(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "id");
  await writeFile(path, createId(Date.now()), { flag: "wx", mode: 0o600 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  });
  return readFile(path, "utf8");
}
