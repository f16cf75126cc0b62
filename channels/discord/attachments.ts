import type { FileStore } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { Attachment, InboundMessage } from "../../src/core/message.ts";
import { refusal, streamHttp } from "../_shared/http.ts";
import type { FormFile } from "../_shared/multipart.ts";
import type { DiscordFile } from "./parse-content.ts";

export interface FetchSettings {
  readonly files: FileStore;
  /** Files are fetched by https, or from where the API is. */
  readonly root: string;
  readonly signal: AbortSignal;
}

/**
 * Fetches the files into the data folder. What can never be had becomes a remark in the text; a failure that may pass
 * is thrown, so that the message is handled again.
 */
export async function keepFiles(
  message: InboundMessage,
  files: readonly DiscordFile[],
  settings: FetchSettings,
): Promise<InboundMessage> {
  const attachments: Attachment[] = [];
  const remarks: string[] = [];
  for (const file of files) {
    const kept = await keepFile(file, settings);
    if (typeof kept === "string") remarks.push(`[The file ${file.name} could not be kept: ${kept}.]`);
    else attachments.push(kept);
  }
  if (files.length === 0) return message;
  return { ...message, attachments, text: [message.text, ...remarks].filter((part) => part !== "").join("\n\n") };
}

async function keepFile(file: DiscordFile, { files, root, signal }: FetchSettings): Promise<Attachment | string> {
  if (!file.url.startsWith("https://") && new URL(file.url).origin !== new URL(root).origin)
    return "its address is not safe";
  const meta = { name: file.name, ...(file.mimeType === undefined ? {} : { mimeType: file.mimeType }) };
  try {
    return await streamHttp(
      file.url,
      { service: "Discord", effect: "read", method: "GET", signal, timeoutMs: 120_000 },
      async ({ status, headers, stream }) => {
        if (status !== 200) throw refusal({ status, headers }, "Discord", "read");
        return files.save(stream, meta);
      },
    );
  } catch (error) {
    if (isAppError(error, "too-large")) return "it is too large";
    // Addresses of files are signed, and expire after a day.
    if (isAppError(error, "not-found") || isAppError(error, "forbidden")) return "Discord does not have it any more";
    throw error;
  }
}

/** Throws AppError "send-rejected" when a file is gone. */
export function openUploads(attachments: readonly Attachment[], files: FileStore): readonly FormFile[] {
  return attachments.map((attachment, index) => {
    try {
      const { name, mimeType, bytes } = attachment;
      return { field: `files[${index}]`, name, mimeType, bytes, content: files.open(attachment) };
    } catch (error) {
      if (!isAppError(error, "not-found")) throw error;
      throw new AppError("send-rejected", error.message);
    }
  });
}
