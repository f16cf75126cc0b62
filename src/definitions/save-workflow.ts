import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../core/errors.ts";
import { placeWorkflow } from "./place-workflow.ts";

/**
 * Writes a new workflow file, whole or not at all; resolves with its path. The same text again is no fault. Throws
 * AppError "conflict" when there is another one of this name, "bad-input" for a name that no workflow can have.
 */
export async function saveWorkflow(folder: string, name: string, text: string): Promise<string> {
  const path = placeWorkflow(folder, name);
  const taken = (await findSame(path, text)) ?? (await findSame(join(folder, `${name}.yml`), text));
  if (taken !== undefined) return taken;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString("hex")}.new`;
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    // Unlike a rename, this takes no other file's place.
    await link(draft, path);
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return (await findSame(path, text)) ?? path;
  } finally {
    await rm(draft, { force: true });
  }
}

/** The path when this text stands there. Throws AppError "conflict" when another one does. */
async function findSame(path: string, text: string): Promise<string | undefined> {
  const before = await readFile(path, "utf8").catch(() => undefined);
  if (before === undefined || before === text) return before === undefined ? undefined : path;
  throw new AppError("conflict", "You have a workflow of this name already.", { hint: "Take another name." });
}
