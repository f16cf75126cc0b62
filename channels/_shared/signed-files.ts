import { Readable } from "node:stream";
import type { FileStore } from "../../src/core/channel.ts";
import { isAppError } from "../../src/core/errors.ts";
import type { Attachment } from "../../src/core/message.ts";
import { parseJson } from "./http.ts";
import { isSignedBy, signWith } from "./signature.ts";

/**
 * Some platforms take no uploads: they, or people, fetch files from an address that anybody could call. So the address
 * names one file, ends after some hours, and is signed by us with a key that is made from a secret of the channel's.
 */
const validMs = 6 * 3_600_000;

/** Where this file can be fetched, below our own hook. */
export function formatFileUrl(hookUrl: string, secret: string, attachment: Attachment, now: number): string {
  const { path, name, mimeType, bytes, kind } = attachment;
  const file = Buffer.from(JSON.stringify({ path, name, mimeType, bytes, kind, until: now + validMs })).toString(
    "base64url",
  );
  const url = new URL(hookUrl);
  url.searchParams.set("file", file);
  url.searchParams.set("proof", signWith(keyOf(secret), file));
  return url.href;
}

/** Answers a GET of such an address. 403 when it was not made here, 410 when its time is over. */
export function answerFileCall(request: Request, secret: string, files: FileStore, now: number): Response {
  const { searchParams } = new URL(request.url);
  const file = searchParams.get("file") ?? "";
  const proof = searchParams.get("proof") ?? undefined;
  if (!isSignedBy({ secret: keyOf(secret), payload: file, signature: proof }))
    return new Response(null, { status: 403 });
  const { until, ...attachment } = parseJson(Buffer.from(file, "base64url")) as Attachment & { until: number };
  if (now > until) return new Response(null, { status: 410 });
  const headers = {
    "content-type": attachment.mimeType,
    "content-length": String(attachment.bytes),
    "content-disposition": `inline; filename*=UTF-8''${encodeURIComponent(attachment.name)}`,
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
  };
  try {
    const content = request.method === "HEAD" ? null : readStream(files.open(attachment));
    return new Response(content, { headers });
  } catch (error) {
    if (isAppError(error, "not-found")) return new Response(null, { status: 404 });
    throw error;
  }
}

function readStream(content: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(content) as ReadableStream<Uint8Array>;
}

function keyOf(secret: string): string {
  return `files:${secret}`;
}
