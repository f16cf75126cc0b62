import { readFile } from "node:fs/promises";
import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import { pickNearest } from "../../core/nearest.ts";
import { formatReference, isFileName, parseReference, type ModelReference } from "./reference.ts";

export const modelKinds = ["chat", "embedding", "reranker"] as const;
export type ModelKind = (typeof modelKinds)[number];

/** One file of a registry entry. */
export interface RegistryFile {
  /** As it is called where it is installed. */
  readonly name: string;
  /** In the repository; absent: as `name`. */
  readonly path?: string;
  readonly bytes?: number;
  /** Absent: not known beforehand; the first pull records what it got. */
  readonly sha256?: string;
}

export interface RegistryEntry {
  readonly name: string;
  /** In its one spelling. */
  readonly reference: string;
  /** Of the repository; absent: the newest. */
  readonly revision?: string;
  readonly kind: ModelKind;
  /** Absent: what the reference leads to. */
  readonly files?: readonly RegistryFile[];
}

/** What to look for: the reference, and what is known about it. */
export interface Target {
  readonly reference: Exclude<ModelReference, { kind: "name" }>;
  /** The reference in its one spelling. */
  readonly id: string;
  readonly entry: RegistryEntry | undefined;
  readonly kind: ModelKind;
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits in lower case");
const file = z.strictObject({
  name: z.string().refine(isFileName, "must be the name of a file, without folders"),
  path: z
    .string()
    .refine((path) => path.split("/").every(isFileName), "must be a path in the repository")
    .exactOptional(),
  bytes: z.int().min(0).exactOptional(),
  sha256: sha256.exactOptional(),
});
const entry = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "must be a name of small letters, digits, -, _ and ."),
  reference: z.string(),
  revision: z
    .string()
    .regex(/^[\w.-]{1,100}$/, "must be a commit, tag or branch")
    .exactOptional(),
  kind: z.enum(modelKinds),
  files: z.array(file).min(1).max(100).exactOptional(),
});
export const registrySchema = z.strictObject({ models: z.array(entry).max(1000) });

const maxFileBytes = 1024 * 1024;

/** The built-in entries with the user's over them, by name. Throws AppError "config-invalid". */
export async function loadRegistry(userPath: string): Promise<readonly RegistryEntry[]> {
  const builtIn = parseRegistry(await readFile(new URL("./registry.json", import.meta.url), "utf8"), "registry.json");
  const own = await readOptional(userPath);
  const entries = new Map(builtIn.map((one) => [one.name, one]));
  for (const one of own === undefined ? [] : parseRegistry(own, userPath)) entries.set(one.name, one);
  return [...entries.values()];
}

/** Reads the text of a registry. `path` is for messages. Throws AppError "config-invalid". */
export function parseRegistry(text: string, path: string): readonly RegistryEntry[] {
  let value: unknown;
  try {
    value = text.length > maxFileBytes ? undefined : JSON.parse(text);
  } catch {
    // Told below.
  }
  if (value === undefined) throw new AppError("config-invalid", `${path} is not JSON, or larger than 1 MB.`);
  const parsed = registrySchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError("config-invalid", `${path}: ${issue?.path.join(".")}: ${issue?.message}.`);
  }
  return parsed.data.models.map((one) => {
    const reference = parseReference(one.reference);
    if (reference.kind === "name" || reference.kind === "file")
      throw new AppError("config-invalid", `${path}: "${one.name}" must lead to Hugging Face or to a URL.`);
    return { ...one, reference: formatReference(reference) };
  });
}

/** What a reference means with this registry. Throws AppError "bad-input" or "not-found" and names the nearest. */
export function pickTarget(text: string, registry: readonly RegistryEntry[]): Target {
  const written = parseReference(text);
  const id = formatReference(written);
  const found = registry.find((one) => (written.kind === "name" ? one.name === id : one.reference === id));
  if (written.kind !== "name") return { reference: written, id, entry: found, kind: found?.kind ?? guessKind(id) };
  if (found === undefined) {
    const names = registry.map(({ name }) => name);
    const nearest = pickNearest(written.name, names);
    throw new AppError("not-found", `The registry has no model "${written.name}".`, {
      hint: nearest === undefined ? `There are: ${names.join(", ")}.` : `Did you mean "${nearest}"?`,
    });
  }
  const reference = parseReference(found.reference);
  if (reference.kind === "name") throw new AppError("config-invalid", `"${found.name}" leads to another name.`);
  return { reference, id: found.reference, entry: found, kind: found.kind };
}

function guessKind(id: string): ModelKind {
  if (/rerank/i.test(id)) return "reranker";
  return /embed/i.test(id) ? "embedding" : "chat";
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new AppError("config-invalid", `${path} cannot be read.`, { cause: error });
  }
}
