import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { AppError } from "../../src/core/errors.ts";
import type { FileKey } from "./file-content.ts";

const algorithm = "aes-256-ctr";

/** Decrypts while it passes. Ends with AppError "bad-input" when the bytes are not those that the key belongs to. */
export async function* decryptFile(content: AsyncIterable<Uint8Array>, key: FileKey): AsyncGenerator<Uint8Array> {
  const decipher = createDecipheriv(algorithm, readBytes(key.key, 32), readBytes(key.iv, 16));
  const hash = createHash("sha256");
  for await (const chunk of content) {
    hash.update(chunk);
    yield decipher.update(chunk);
  }
  yield decipher.final();
  if (!hash.digest().equals(readBytes(key.sha256, 32)))
    throw new AppError("bad-input", "The file is not the one that was sent.");
}

/** Encrypts while it passes; `describe` is right once all has passed. */
export function createFileEncryption(): {
  encrypt(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  /** The `file` of an event: https://spec.matrix.org/latest/client-server-api/#extensions-to-mroommessage-msgtypes */
  describe(url: string): Readonly<Record<string, unknown>>;
} {
  const key = randomBytes(32);
  // The counter's half begins at zero, so that it never runs over into the other.
  const iv = Buffer.concat([randomBytes(8), Buffer.alloc(8)]);
  const hash = createHash("sha256");
  return {
    async *encrypt(content) {
      const cipher = createCipheriv(algorithm, key, iv);
      for await (const chunk of content) {
        const encrypted = cipher.update(chunk);
        hash.update(encrypted);
        yield encrypted;
      }
      const last = cipher.final();
      hash.update(last);
      yield last;
    },
    describe: (url) => ({
      url,
      key: { kty: "oct", key_ops: ["encrypt", "decrypt"], alg: "A256CTR", k: key.toString("base64url"), ext: true },
      iv: unpadded(iv),
      hashes: { sha256: unpadded(hash.copy().digest()) },
      v: "v2",
    }),
  };
}

/** Reads base64 of either alphabet. */
function readBytes(text: string, length: number): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== length) throw new AppError("bad-input", "The file's key is broken.");
  return bytes;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
