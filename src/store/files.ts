import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FileStore } from "../core/channel.ts";
import { AppError } from "../core/errors.ts";
import { createId } from "../core/id.ts";
import type { Attachment } from "../core/message.ts";

const sniffBytes = 512;

/**
 * Files under `<data>/files`, named after the SHA-256 of their bytes: the same file is kept once, and what a sender
 * calls it never becomes part of a path. Written beside and moved into place, so that half a file is never seen.
 */
export function createFileStore(
  dataFolder: string,
  { maxBytes, now = Date.now }: { readonly maxBytes: () => number; readonly now?: () => number },
): FileStore {
  return {
    async save(stream, { name, mimeType }) {
      const folder = join(dataFolder, "files");
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const temporary = join(folder, `.part-${createId(now())}`);
      const hash = createHash("sha256");
      let bytes = 0;
      const head: Buffer[] = [];
      async function* measure(source: AsyncIterable<Uint8Array>) {
        for await (const chunk of source) {
          if (bytes < sniffBytes) head.push(Buffer.from(chunk));
          bytes += chunk.length;
          if (bytes > maxBytes()) {
            throw new AppError("too-large", `The file is larger than ${Math.floor(maxBytes() / 1_048_576)} MB.`, {
              hint: "The limit is `limits.fileBytes` in the configuration.",
            });
          }
          hash.update(chunk);
          yield chunk;
        }
      }
      try {
        // Made before anything can fail: a file that is still being opened could not be taken away.
        const file = await open(temporary, "wx", 0o600);
        await pipeline(stream, measure, file.createWriteStream({ flush: true }));
        const digest = hash.digest("hex");
        const path = join("files", digest);
        await rename(temporary, join(dataFolder, path));
        const type = sniffType(Buffer.concat(head).subarray(0, sniffBytes), mimeType);
        return { kind: kindOf(type), name: cleanName(name), mimeType: type, bytes, path } satisfies Attachment;
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },

    open(attachment): Readable {
      if (!/^files\/[0-9a-f]{64}$/.test(attachment.path)) throw new AppError("not-found", "There is no such file.");
      const path = join(dataFolder, attachment.path);
      const output = new PassThrough();
      stat(path)
        .then(() => pipeline(createReadStream(path), output))
        .catch((error: unknown) =>
          output.destroy(
            new AppError("not-found", `The file ${attachment.name} is not there any more.`, { cause: error }),
          ),
        );
      return output;
    },
  };
}

/** First bytes of types that we treat in a special way; all else keeps what its sender said, if harmless. */
const signatures: ReadonlyArray<{ readonly type: string; readonly at: number; readonly bytes: string }> = [
  { type: "image/png", at: 0, bytes: "89504e470d0a1a0a" },
  { type: "image/jpeg", at: 0, bytes: "ffd8ff" },
  { type: "image/gif", at: 0, bytes: "47494638" },
  { type: "image/webp", at: 8, bytes: "57454250" },
  { type: "application/pdf", at: 0, bytes: "255044462d" },
  { type: "application/zip", at: 0, bytes: "504b0304" },
  { type: "application/gzip", at: 0, bytes: "1f8b" },
  { type: "audio/ogg", at: 0, bytes: "4f676753" },
  { type: "audio/mpeg", at: 0, bytes: "494433" },
  { type: "audio/wav", at: 8, bytes: "57415645" },
  { type: "video/mp4", at: 4, bytes: "66747970" },
  { type: "video/webm", at: 0, bytes: "1a45dfa3" },
];

/** The type by the bytes. A claimed type counts only where the bytes do not contradict it. */
export function sniffType(head: Buffer, claimed: string | undefined): string {
  const found = signatures.find(({ at, bytes }) =>
    head.subarray(at, at + bytes.length / 2).equals(Buffer.from(bytes, "hex")),
  );
  const wanted = claimed?.toLowerCase().split(";")[0]?.trim() ?? "";
  if (found !== undefined) {
    // Office files are ZIP archives; their own name says more.
    return found.type === "application/zip" && /^application\/(vnd\.|epub)/.test(wanted) ? wanted : found.type;
  }
  const isKnownBinary = signatures.some(({ type }) => type === wanted);
  if (/^[\w.+-]+\/[\w.+-]+$/.test(wanted) && !isKnownBinary && wanted !== "application/octet-stream") return wanted;
  return head.includes(0) ? "application/octet-stream" : "text/plain";
}

function kindOf(type: string): Attachment["kind"] {
  const [major] = type.split("/");
  return major === "image" || major === "audio" || major === "video" ? major : "file";
}

function cleanName(name: string): string {
  const clean = name
    .toWellFormed()
    .replaceAll(/[\u0000-\u001f\u007f/\\\u202a-\u202e\u2066-\u2069]/g, "_")
    .trim()
    .slice(-120);
  return clean === "" || /^\.+$/.test(clean) ? "file" : clean;
}
