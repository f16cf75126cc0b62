import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { AppError } from "../core/errors.ts";
import { limitModule } from "./limit-module.ts";
import { defaultMemoryMb, type PluginOptions } from "./options.ts";

const maxFileBytes = 16 * 1_048_576;

export interface LoadedModule {
  /** Memory and tables bounded. */
  readonly module: WebAssembly.Module;
  /** Of the file, in lower case. */
  readonly sha256: string;
}

/** Reads and checks a plugin's file, and compiles it; nothing of it runs. Throws AppError. */
export async function loadModule(options: Pick<PluginOptions, "file" | "sha256" | "memoryMb">): Promise<LoadedModule> {
  const bytes = await readPlugin(options.file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (options.sha256 !== undefined && options.sha256.toLowerCase() !== sha256)
    throw new AppError("forbidden", "The file is not the one that was agreed to: its SHA-256 is another one.", {
      hint: `It is ${sha256}. Put that into its sha256 only if you trust the new file.`,
    });
  const limited = limitModule(bytes, options.memoryMb ?? defaultMemoryMb);
  try {
    return { module: await WebAssembly.compile(limited), sha256 };
  } catch (error) {
    throw new AppError("bad-input", "The file is no WASM module that can be run here.", { cause: error });
  }
}

async function readPlugin(file: string): Promise<Buffer> {
  const handle = await open(file).catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const missing = code === "ENOENT" || code === "ENOTDIR";
    throw new AppError(
      missing ? "not-found" : "forbidden",
      missing ? `The file ${file} does not exist.` : `The file ${file} may not be read.`,
      { hint: "A path in parlance.yaml is relative to the data folder.", cause: error },
    );
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new AppError("bad-input", `${file} is not a file.`);
    if (stats.size > maxFileBytes)
      throw new AppError("too-large", `The file ${file} is larger than ${maxFileBytes / 1_048_576} MB.`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
