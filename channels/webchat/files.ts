import { Readable } from "node:stream";
import type { FileStore } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { Attachment } from "../../src/core/message.ts";
import type { FileIds } from "./file-id.ts";
import type { WireAttachment } from "./protocol.ts";

/** Types that a browser may show in place: pictures that cannot hold scripts. */
const shownTypes: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);
const maxNameChars = 200;
const maxUploadsPerPerson = 4;

/** Takes and gives the files of one person: POST files, GET files/<id>. Never throws. */
export interface FilePages {
  upload(request: Request, owner: string): Promise<Response>;
  download(id: string, owner: string): Promise<Response>;
}

export function createFilePages(files: FileStore, fileIds: FileIds, maxBytes: number): FilePages {
  const uploading = new Map<string, number>();

  async function save(request: Request, body: ReadableStream<Uint8Array>, owner: string): Promise<Response> {
    const mimeType = request.headers.get("content-type");
    const name = readName(request.headers.get("x-file-name"));
    try {
      const stream = limitBytes(Readable.fromWeb(body), maxBytes);
      const attachment = await files.save(stream, {
        name,
        ...(mimeType === null ? {} : { mimeType }),
      });
      const wire: WireAttachment = {
        id: await fileIds.format(owner, attachment),
        kind: attachment.kind,
        name: attachment.name,
        mimeType: attachment.mimeType,
        bytes: attachment.bytes,
      };
      return Response.json(wire, { status: 201 });
    } catch (error) {
      if (isAppError(error, "too-large")) return tooLarge(maxBytes);
      return Response.json({ error: "The file could not be stored." }, { status: 500 });
    }
  }

  return {
    async upload(request, owner) {
      // A header that forms and images of other sites cannot set: the upload came from our page.
      if (!request.headers.has("x-file-name"))
        return Response.json({ error: "The header x-file-name is missing." }, { status: 400 });
      if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return tooLarge(maxBytes);
      if (request.body === null) return Response.json({ error: "The file is empty." }, { status: 400 });
      const count = uploading.get(owner) ?? 0;
      if (count >= maxUploadsPerPerson)
        return Response.json({ error: "Too many uploads at once." }, { status: 429, headers: { "retry-after": "2" } });
      uploading.set(owner, count + 1);
      try {
        return await save(request, request.body, owner);
      } finally {
        const left = (uploading.get(owner) ?? 1) - 1;
        if (left > 0) uploading.set(owner, left);
        else uploading.delete(owner);
      }
    },

    async download(id, owner) {
      const attachment = await fileIds.parse(owner, id);
      if (attachment === undefined) return notFound();
      try {
        const stream = files.open(attachment);
        return new Response(Readable.toWeb(stream), {
          headers: formatHeaders(attachment),
        });
      } catch {
        return notFound();
      }
    },
  };
}

function formatHeaders({ name, mimeType, bytes }: Attachment): Record<string, string> {
  const isShown = shownTypes.has(mimeType);
  return {
    "content-type": isShown ? mimeType : "application/octet-stream",
    "content-length": String(bytes),
    "content-disposition": `${isShown ? "inline" : "attachment"}; filename*=UTF-8''${encodeHeader(name)}`,
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "private, max-age=31536000, immutable",
  };
}

/** RFC 8187: what encodeURIComponent leaves alone beyond attr-char is escaped, too. */
function encodeHeader(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The page sends the name percent-encoded; folders and control characters are not part of it. */
function readName(header: string | null): string {
  const name = (
    decode(header ?? "")
      .split(/[\\/]/)
      .at(-1) ?? ""
  )
    .replace(/\p{Cc}/gu, "")
    .trim();
  return name === "" ? "file" : name.slice(-maxNameChars);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function* limitBytes(stream: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new AppError("too-large", "The file is too large.");
    yield chunk;
  }
}

function tooLarge(maxBytes: number): Response {
  return Response.json({ error: `The file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB.` }, { status: 413 });
}

function notFound(): Response {
  return Response.json({ error: "There is no such file." }, { status: 404 });
}
