import { basename } from "node:path";
import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import { fileContent, textContent } from "../_shared/own-sends.ts";
import { formatTexts } from "./format.ts";
import type { BlueMessage } from "./message.ts";

/** What goes out as one bubble. */
export type Part = { readonly text: string } | { readonly attachment: Attachment };

/** Names a part; the same in every attempt. */
export function formatPartKey(outboundId: string, index: number): string {
  return `${outboundId}:${index}`;
}

/** What a part is told from others by. */
export function describePart(part: Part): string {
  return "attachment" in part ? fileContent(basename(part.attachment.name)) : textContent(part.text);
}

/** The parts that a message may be. */
export function listContents({ text, attributedBody, attachments }: BlueMessage): readonly string[] {
  const words = textContent(text ?? attributedBody?.find(({ string }) => (string ?? "") !== "")?.string ?? "");
  const files = (attachments ?? []).map(({ transferName }) => fileContent(transferName ?? ""));
  // A file stands in the text by a sign, which is no text.
  return words === textContent("") ? files : [words, ...files];
}

/** Text first, then a bubble per file; the same in every attempt, so that a later one can go on behind the parts sent. */
export function formatParts(message: OutboundMessage, maxUploadBytes: number): readonly Part[] {
  // BlueBubbles takes no empty files.
  const files = message.attachments.filter(({ bytes }) => bytes > 0 && bytes <= maxUploadBytes);
  const unsent = message.attachments
    .filter((file) => !files.includes(file))
    .map(({ name, bytes }) => `(The file ${name} is ${bytes === 0 ? "empty" : "too large"} and cannot be sent.)`);
  return [
    ...[...formatTexts(message), ...unsent].map((text): Part => ({ text })),
    ...files.map((attachment): Part => ({ attachment })),
  ];
}
