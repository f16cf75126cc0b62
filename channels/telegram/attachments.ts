import type { FileStore } from "../../src/core/channel.ts";
import { isAppError } from "../../src/core/errors.ts";
import type { Attachment, InboundMessage } from "../../src/core/message.ts";
import { askTelegram, downloadFile, type AskOptions, type TelegramApi } from "./api.ts";
import type { TelegramFile } from "./parse-content.ts";

/** Largest file that a bot may fetch, and may send. A self-hosted Bot API server allows more to be sent. */
const maxFetchBytes = 20 * 1_048_576;
const maxPhotoBytes = 10 * 1_048_576;

/**
 * Fetches the file into the data folder. A file that can never be had becomes a remark in the text; a failure that
 * may pass is thrown, so that the update is delivered again.
 */
export async function keepFile(
  message: InboundMessage,
  file: TelegramFile,
  api: TelegramApi,
  files: FileStore,
  signal: AbortSignal,
): Promise<InboundMessage> {
  const remark = (why: string): InboundMessage => ({
    ...message,
    text: `${message.text}\n\n[The file ${file.name} could not be kept: ${why}.]`.trim(),
  });
  if (file.bytes !== undefined && file.bytes > maxFetchBytes) return remark("bots can fetch at most 20 MB");
  const found = await askTelegram(api, "getFile", { file_id: file.fileId }, { effect: "read", signal });
  if (!found.ok) return remark(found.description);
  const { file_path: filePath } = found.result as { file_path?: string };
  if (filePath === undefined) return remark("Telegram names no path for it");
  try {
    const meta = file.mimeType === undefined ? { name: file.name } : { name: file.name, mimeType: file.mimeType };
    const attachment = await downloadFile(api, filePath, signal, (content) => files.save(content, meta));
    return { ...message, attachments: [attachment] };
  } catch (error) {
    if (isAppError(error, "too-large")) return remark("it is too large");
    if (isAppError(error, "not-found")) return remark("Telegram does not have it any more");
    throw error;
  }
}

/** Photos are shown at once but recompressed; everything else goes out as it is. */
export function pickUpload(attachment: Attachment): {
  readonly method: "sendPhoto" | "sendDocument";
  readonly field: "photo" | "document";
} {
  const isPhoto = /^image\/(?:jpeg|png)$/.test(attachment.mimeType) && attachment.bytes <= maxPhotoBytes;
  return isPhoto ? { method: "sendPhoto", field: "photo" } : { method: "sendDocument", field: "document" };
}

/** Throws AppError "not-found" when the file is gone. */
export function openUpload(attachment: Attachment, field: string, files: FileStore): NonNullable<AskOptions["file"]> {
  return {
    field,
    name: attachment.name,
    mimeType: attachment.mimeType,
    bytes: attachment.bytes,
    content: files.open(attachment),
  };
}
