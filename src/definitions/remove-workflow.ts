import { readFile, rm } from "node:fs/promises";
import { AppError } from "../core/errors.ts";
import { placeWorkflow } from "./place-workflow.ts";

/**
 * Removes the workflow file that `saveWorkflow` wrote with this text; one that is gone already is no fault. Throws
 * AppError "conflict" when it says something else by now, "bad-input" for a name that no workflow can have.
 */
export async function removeWorkflow(folder: string, name: string, text: string): Promise<void> {
  const path = placeWorkflow(folder, name);
  const found = await readFile(path, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (found !== text)
    throw new AppError("conflict", `The workflow ${name} was changed by hand since it was saved.`, {
      hint: `It is your file now: delete ${path} yourself.`,
    });
  await rm(path, { force: true });
}
