import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import { formatTexts } from "./format.ts";

/** What goes out as one bubble. */
export type Part = { readonly text: string } | { readonly attachment: Attachment };

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
