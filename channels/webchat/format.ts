import type { TranscriptEntry } from "../../src/core/channel.ts";
import type { InboundMessage, OutboundMessage } from "../../src/core/message.ts";
import type { FileIds } from "./file-id.ts";
import type { WireAttachment, WireEntry } from "./protocol.ts";

/** An entry as the page gets it: CommonMark stays CommonMark, files become signed ids. */
export async function formatEntry(entry: TranscriptEntry, owner: string, fileIds: FileIds): Promise<WireEntry> {
  const attachments: WireAttachment[] = [];
  for (const attachment of entry.attachments) {
    const { kind, name, mimeType, bytes } = attachment;
    attachments.push({ id: await fileIds.format(owner, attachment), kind, name, mimeType, bytes });
  }
  const { id, direction, senderName, text, choices, at } = entry;
  return {
    id,
    direction,
    senderName,
    text,
    attachments,
    at,
    ...(choices === undefined || choices.length === 0 ? {} : { choices }),
  };
}

export function formatInbound(message: InboundMessage): TranscriptEntry {
  const { id, text, attachments, sentAt, sender } = message;
  return { id, direction: "in", senderName: sender.name, text, attachments, at: sentAt };
}

/** `known` is the entry under which the transcript has the message, when it has it: name and time come from there. */
export function formatOutbound(
  message: OutboundMessage,
  known: TranscriptEntry | undefined,
  now: number,
): TranscriptEntry {
  const { id, text, attachments, choices } = message;
  return {
    id: known?.id ?? id,
    direction: "out",
    senderName: known?.senderName ?? "",
    text,
    attachments,
    at: known?.at ?? now,
    ...(choices === undefined ? {} : { choices }),
  };
}

/** Characters that two texts share at their start. */
export function countCommon(before: string, after: string): number {
  if (after.startsWith(before)) return before.length;
  let count = 0;
  while (count < before.length && before.charCodeAt(count) === after.charCodeAt(count)) count++;
  return count;
}
