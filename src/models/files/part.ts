import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../../core/errors.ts";
import type { PartState } from "./resume.ts";
import { writeJson } from "./write-json.ts";

/** A file on its way: what has come so far, and what is known of where it comes from. */
export interface Part {
  state(): PartState & { readonly linked?: string };
  /** Cuts the file off at `at` and notes what it is going to be. */
  begin(
    at: number,
    about: { readonly etag?: string; readonly total?: number; readonly linked?: string },
  ): Promise<void>;
  append(bytes: Uint8Array): Promise<void>;
  /** The sha256 of what is here; read from the disk where it was not seen coming. */
  digest(signal: AbortSignal, onRead: (bytes: number) => void): Promise<string>;
  /** Until it is on the disk itself. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens or makes the part at `path`. Its notes (`path`.json) are written before the bytes they are about, so that a
 * process killed at any moment leaves a beginning of the file with notes that fit, or nothing.
 */
export async function openPart(path: string): Promise<Part> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const notesPath = `${path}.json`;
  const handle = await open(path, "a+", 0o600);
  let bytes = (await handle.stat()).size;
  let about: Omit<PartState, "bytes"> & { readonly linked?: string } = await readNotes(notesPath);
  let seen: { readonly hash: Hash; bytes: number } = { hash: createHash("sha256"), bytes: 0 };

  async function cut(at: number): Promise<void> {
    if (at === bytes) return;
    await handle.truncate(at);
    bytes = at;
    seen = { hash: createHash("sha256"), bytes: 0 };
  }

  return {
    state: () => ({ bytes, ...about }),
    async begin(at, next) {
      await cut(at);
      about = next;
      await writeJson(notesPath, next);
    },
    async append(chunk) {
      try {
        for (let written = 0; written < chunk.length;)
          written += (await handle.write(chunk, written, chunk.length - written)).bytesWritten;
      } catch (error) {
        bytes = (await handle.stat()).size;
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        throw new AppError("store-failed", "The disk is full.", {
          hint: "Make room; what came is kept.",
          cause: error,
        });
      }
      if (seen.bytes === bytes) {
        seen.hash.update(chunk);
        seen.bytes += chunk.length;
      }
      bytes += chunk.length;
    },
    async digest(signal, onRead) {
      if (seen.bytes !== bytes) {
        seen = { hash: createHash("sha256"), bytes: 0 };
        for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: 1024 * 1024, signal })) {
          seen.hash.update(chunk as Buffer);
          seen.bytes += (chunk as Buffer).length;
          onRead(seen.bytes);
        }
      }
      return seen.hash.copy().digest("hex");
    },
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

async function readNotes(path: string): Promise<Omit<PartState, "bytes"> & { readonly linked?: string }> {
  try {
    const notes = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    return {
      ...(typeof notes["etag"] === "string" ? { etag: notes["etag"] } : {}),
      ...(typeof notes["total"] === "number" ? { total: notes["total"] } : {}),
      ...(typeof notes["linked"] === "string" ? { linked: notes["linked"] } : {}),
    };
  } catch {
    return {}; // none, or cut off by a crash of the machine: the part is begun anew
  }
}
