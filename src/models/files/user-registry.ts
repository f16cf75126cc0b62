import { readFile } from "node:fs/promises";
import { parseRegistry, type RegistryEntry } from "./registry.ts";
import { writeJson } from "./write-json.ts";

/** Puts an entry into the user's registry, in the place of one of the same name. Throws AppError "config-invalid". */
export async function addToRegistry(path: string, added: RegistryEntry): Promise<void> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  const before = text === undefined ? [] : parseRegistry(text, path);
  const models = [...before.filter(({ name }) => name !== added.name), added];
  parseRegistry(JSON.stringify({ models }), path);
  await writeJson(path, { models });
}
