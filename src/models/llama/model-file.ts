import { open, type FileHandle } from "node:fs/promises";
import { AppError } from "../../core/errors.ts";

/** Its size in bytes. Throws AppError when there is none that the engine could read. */
export async function checkModelFile(path: string, name: string): Promise<number> {
  const file = await openFile(path, name);
  try {
    const start = Buffer.alloc(8);
    const { bytesRead } = await file.read(start, 0, 8, 0);
    if (bytesRead < 8 || start.toString("latin1", 0, 4) !== "GGUF")
      throw new AppError("bad-input", `The file of model "${name}" is not a GGUF file.`, {
        hint: `models.aliases.${name}.model must name a file that ends in .gguf and was fetched as a whole.`,
      });
    const { size } = await file.stat();
    return size;
  } finally {
    await file.close();
  }
}

async function openFile(path: string, name: string): Promise<FileHandle> {
  try {
    const file = await open(path);
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (error) {
    const isThere = error instanceof Error && "code" in error && error.code !== "ENOENT";
    throw new AppError("not-found", `The file of model "${name}" ${isThere ? "cannot be read" : "is not there"}.`, {
      hint: `Check models.aliases.${name}.model.`,
      cause: error,
    });
  }
  throw new AppError("not-found", `The file of model "${name}" is a folder.`, {
    hint: `Name the .gguf file in it in models.aliases.${name}.model.`,
  });
}
