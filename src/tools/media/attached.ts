import type { Readable } from "node:stream";
import { AppError } from "../../core/errors.ts";
import type { Attachment } from "../../core/message.ts";

export interface AttachedOptions {
  /** Files that came with messages of a conversation, the latest first. */
  readonly attachments: (conversation: string) => Promise<readonly Attachment[]>;
  /** Of the file store. */
  readonly openFile: (attachment: Attachment) => Readable;
}

export interface AttachedFile {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

/**
 * A file of this kind that came with a message of the conversation: the one of that name, the latest without a name.
 * Throws AppError "not-found" or "too-large".
 */
export async function readAttached(
  { attachments, openFile }: AttachedOptions,
  conversation: string,
  wanted: { readonly kind: "image" | "audio"; readonly name: string | undefined; readonly maxBytes: number },
): Promise<AttachedFile> {
  const all = (await attachments(conversation)).filter(({ kind }) => kind === wanted.kind);
  const name = wanted.name?.toLowerCase();
  const found = name === undefined ? all[0] : all.find((one) => one.name.toLowerCase() === name);
  if (found === undefined)
    throw new AppError("not-found", `There is no such ${wanted.kind} in this conversation.`, {
      hint: all.length === 0 ? "Ask for it to be sent." : "Leave the name out for the latest one.",
    });
  if (found.bytes > wanted.maxBytes) throw new AppError("too-large", `The ${wanted.kind} is too large.`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of openFile(found) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > wanted.maxBytes) throw new AppError("too-large", `The ${wanted.kind} is too large.`);
    chunks.push(chunk);
  }
  return { name: found.name, mimeType: found.mimeType, bytes: Buffer.concat(chunks) };
}
