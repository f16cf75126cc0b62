import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** The sha256 of a file; undefined where there is none. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string | undefined> {
  const hash = createHash("sha256");
  const options = { highWaterMark: 1024 * 1024, ...(signal === undefined ? {} : { signal }) };
  try {
    for await (const chunk of createReadStream(path, options)) hash.update(chunk as Buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return hash.digest("hex");
}

export async function hasContent(path: string, sha256: string): Promise<boolean> {
  return (await hashFile(path)) === sha256;
}
