import type { Attachment, Choice, OutboundMessage } from "../../src/core/message.ts";

/** A file in a reply; `data` (base64) is left out when all files together would be too much for one call. */
export interface ReplyAttachment {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: number;
  readonly data?: string;
}

/** What callers that wait are given, and what `replyUrl` receives. Text is CommonMark, as it was written. */
export interface Reply {
  readonly id: string;
  readonly chat: string;
  readonly thread?: string;
  readonly replyToId?: string;
  readonly text: string;
  readonly choices?: readonly Choice[];
  readonly attachments?: readonly ReplyAttachment[];
}

export function formatReply(message: OutboundMessage, attachments: readonly ReplyAttachment[]): Reply {
  const { id, address, text, replyToId, choices } = message;
  return {
    id,
    chat: address.chat,
    ...(address.thread === undefined ? {} : { thread: address.thread }),
    ...(replyToId === undefined ? {} : { replyToId }),
    text,
    ...(choices === undefined || choices.length === 0 ? {} : { choices }),
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}

export function formatAttachment(attachment: Attachment, content: Buffer | undefined): ReplyAttachment {
  const { name, mimeType, bytes } = attachment;
  return {
    name,
    mimeType,
    bytes,
    ...(content === undefined ? {} : { data: content.toString("base64") }),
  };
}
