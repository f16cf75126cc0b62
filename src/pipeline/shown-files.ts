import { AppError } from "../core/errors.ts";
import type { Attachment } from "../core/message.ts";
import type { ContentPart, ModelMessage } from "../core/model.ts";
import type { InboxItem } from "../core/store.ts";
import type { PipelineDeps } from "./deps.ts";

/** What models look at themselves, where they can; providers that cannot are told the name instead. */
const readable = /^image\/(png|jpeg|webp|gif)$|^application\/pdf$/;
const maxFiles = 4;
const maxBytes = 5 * 1024 * 1024;

/**
 * The mail with the pictures and PDFs that came with it, the newest ones first in line where they are too many or too
 * large. A file that is gone is left out: its name stands in the text. Later turns see the name only.
 */
export async function addFiles(
  mail: ModelMessage,
  items: readonly InboxItem[],
  deps: Pick<PipelineDeps, "loadFile">,
): Promise<ModelMessage> {
  const wanted = items.flatMap(({ message }) => message.attachments).filter(({ mimeType }) => readable.test(mimeType));
  const shown = wanted.filter(({ bytes }) => bytes <= maxBytes).slice(-maxFiles);
  const parts = await Promise.all(shown.map((attachment) => toPart(attachment, deps)));
  return { ...mail, content: [...mail.content, ...parts.flat()] };
}

async function toPart(attachment: Attachment, { loadFile }: Pick<PipelineDeps, "loadFile">): Promise<ContentPart[]> {
  try {
    const bytes = await loadFile(attachment);
    const base64 = Buffer.from(bytes).toString("base64");
    return [{ type: "file", mimeType: attachment.mimeType, name: attachment.name, base64 }];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}
