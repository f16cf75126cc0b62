import type { FileStore } from "../../src/core/channel.ts";
import { isAppError } from "../../src/core/errors.ts";
import type { Attachment, InboundMessage } from "../../src/core/message.ts";
import type { MatrixApi } from "./api.ts";
import { createFileEncryption, decryptFile } from "./encrypted-file.ts";
import { parseMxc, type MatrixFile } from "./file-content.ts";

/**
 * Fetches the file into the data folder. A file that can never be had becomes a remark in the text; a failure that
 * may pass is thrown, so that the event is read again.
 */
export async function keepFile(
  message: InboundMessage,
  file: MatrixFile | "broken",
  api: MatrixApi,
  files: FileStore,
  signal: AbortSignal,
): Promise<InboundMessage> {
  const remark = (name: string, why: string): InboundMessage => ({
    ...message,
    text: `${message.text}\n\n[The file ${name} could not be kept: ${why}.]`.trim(),
  });
  if (file === "broken") return remark("of this message", "the message does not say where it is");
  try {
    const attachment = await fetchFile(file, api, files, signal);
    if (attachment === undefined) return remark(file.name, "the server does not have it any more");
    return { ...message, attachments: [attachment] };
  } catch (error) {
    if (isAppError(error, "too-large")) return remark(file.name, "it is too large");
    if (isAppError(error, "bad-input")) return remark(file.name, "it cannot be decrypted");
    throw error;
  }
}

async function fetchFile(
  file: MatrixFile,
  api: MatrixApi,
  files: FileStore,
  signal: AbortSignal,
): Promise<Attachment | undefined> {
  const place = parseMxc(file.url);
  if (place === undefined) return undefined;
  const segments = `${encodeURIComponent(place.server)}/${encodeURIComponent(place.mediaId)}`;
  const save = (content: AsyncIterable<Uint8Array>): Promise<Attachment> =>
    files.save(file.key === undefined ? content : decryptFile(content, file.key), {
      name: file.name,
      ...(file.mimeType === undefined ? {} : { mimeType: file.mimeType }),
    });
  // Servers from before Matrix 1.11 know the second address only.
  return (
    (await api.download(`/_matrix/client/v1/media/download/${segments}`, signal, save)) ??
    (await api.download(`/_matrix/media/v3/download/${segments}`, signal, save))
  );
}

const kinds = { image: "m.image", audio: "m.audio", video: "m.video", file: "m.file" } as const;

/** Uploads a file; resolves with the content of its message. Throws AppError, "not-found" when the file is gone. */
export async function uploadFile(
  attachment: Attachment,
  isEncrypted: boolean,
  api: MatrixApi,
  files: FileStore,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const { name, mimeType, bytes } = attachment;
  const encryption = isEncrypted ? createFileEncryption() : undefined;
  const content = files.open(attachment) as AsyncIterable<Uint8Array>;
  // The server of an encrypted file learns neither its name nor its type.
  const query = encryption === undefined ? `?${new URLSearchParams({ filename: name }).toString()}` : "";
  const { content_uri: url } = await api.upload(`/_matrix/media/v3/upload${query}`, {
    signal,
    headers: {
      "content-type": encryption === undefined ? mimeType : "application/octet-stream",
      "content-length": String(bytes),
    },
    body: encryption === undefined ? content : encryption.encrypt(content),
  });
  const address = String(url);
  return {
    msgtype: kinds[attachment.kind],
    body: name,
    filename: name,
    info: { mimetype: mimeType, size: bytes },
    "m.mentions": {},
    ...(encryption === undefined ? { url: address } : { file: encryption.describe(address) }),
  };
}
