import { createHash } from "node:crypto";
import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import { formatButtons, listRest, type Row } from "./components.ts";
import { formatText } from "./format.ts";

/** What goes out as one Discord message. */
export interface Part {
  readonly content: string;
  readonly components: readonly Row[];
  readonly files: readonly Attachment[];
}

/** Most files in one message. */
const maxFiles = 10;

/**
 * Text first, then files, ten at a time; the same in every attempt, so that a later one can go on behind the parts
 * sent. What is too large to be sent is named in the text.
 */
export function formatParts(message: OutboundMessage, maxUploadBytes: number): readonly Part[] {
  const choices = message.choices ?? [];
  const tooLarge = message.attachments
    .filter(({ bytes }) => bytes > maxUploadBytes)
    .map(
      ({ name, bytes }) =>
        `[${name} is too large to be sent here: ${formatMb(bytes)}, at most ${formatMb(maxUploadBytes)}.]`,
    );
  const text = [message.text, listRest(choices), ...tooLarge].filter((each) => each.trim() !== "").join("\n\n");
  const texts = formatText(text);
  const shown = texts.length === 0 && choices.length > 0 ? ["Please choose:"] : texts;
  const components = formatButtons(choices);
  return [
    ...shown.map((content, index) => ({
      content,
      components: index === shown.length - 1 ? components : [],
      files: [],
    })),
    ...groupFiles(
      message.attachments.filter(({ bytes }) => bytes <= maxUploadBytes),
      maxUploadBytes,
    ).map((files) => ({ content: "", components: [], files })),
  ];
}

/**
 * Makes repeating a send harmless for some minutes: Discord gives the message that was made with it. At most 25
 * characters.
 */
export function formatNonce(outboundId: string, index: number): string {
  return createHash("sha256").update(`${outboundId}/${index}`).digest("base64url").slice(0, 24);
}

/** The limit counts for a whole request in some servers and for each file in others: the smaller one always holds. */
function groupFiles(files: readonly Attachment[], maxBytes: number): readonly (readonly Attachment[])[] {
  const groups: Attachment[][] = [];
  let room = 0;
  for (const file of files) {
    const last = groups.at(-1);
    if (last === undefined || last.length === maxFiles || file.bytes > room) {
      groups.push([file]);
      room = maxBytes - file.bytes;
    } else {
      last.push(file);
      room -= file.bytes;
    }
  }
  return groups;
}

function formatMb(bytes: number): string {
  return `${Math.max(0.1, bytes / 1_048_576).toFixed(1)} MB`;
}
