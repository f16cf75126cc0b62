import type { Attachment, Choice, OutboundMessage } from "../../src/core/message.ts";
import { splitMarkdown } from "../_shared/chunk.ts";
import { cardType, formatCard } from "./card.ts";
import { maxUploadBytes } from "./consent.ts";
import { formatText } from "./format.ts";

/** What goes out as one Teams message. */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "card"; readonly markdown: string; readonly choices: readonly Choice[] }
  /** Shown within the message, its bytes within the request. */
  | { readonly kind: "picture"; readonly attachment: Attachment }
  /** Asked for first, in a personal chat. */
  | { readonly kind: "offer"; readonly attachment: Attachment }
  /** Fetched from our own server, by a link. */
  | { readonly kind: "link"; readonly attachment: Attachment };

/** What a chat, and our set-up, lets us do with files. */
export interface FileWays {
  readonly isPersonal: boolean;
  /** Can others reach our server? */
  readonly hasLinks: boolean;
}

/** https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4: at most 1 MB, as PNG, JPEG or GIF. */
const maxPictureBytes = 1_000_000;
/** What is left of a card's size for its text, beside the buttons. */
const maxCardText = 6_000;

/** Text first, then a message per file; the same in every attempt, so that a later one can go on behind the parts sent. */
export function formatMessageParts(message: OutboundMessage, ways: FileWays): readonly Part[] {
  const files = message.attachments.map((attachment) => formatFile(attachment, ways));
  const { choices = [] } = message;
  if (choices.length === 0)
    return [...formatText(message.text).map((text): Part => ({ kind: "text", text })), ...files];
  // Text and a card in one message are shown differently by each client, so the card has the end of the text in it.
  const pieces = splitMarkdown(message.text, maxCardText);
  const before = pieces.slice(0, -1).flatMap((piece) => formatText(piece));
  const card: Part = { kind: "card", markdown: pieces.at(-1) ?? "Please choose:", choices };
  return [...before.map((text): Part => ({ kind: "text", text })), card, ...files];
}

function formatFile(attachment: Attachment, { isPersonal, hasLinks }: FileWays): Part {
  const { mimeType, bytes, name } = attachment;
  if (/^image\/(?:png|jpeg|gif)$/.test(mimeType) && bytes <= maxPictureBytes) return { kind: "picture", attachment };
  if (isPersonal && bytes > 0 && bytes <= maxUploadBytes) return { kind: "offer", attachment };
  if (hasLinks) return { kind: "link", attachment };
  return {
    kind: "text",
    text: `[The file ${name} cannot be shown here: bots may send files in personal chats only, of at most 60 MB.]`,
  };
}

/** The activity of a text or a card. */
export function formatActivity(part: Part & { readonly kind: "text" | "card" }): object {
  if (part.kind === "text") return { type: "message", textFormat: "markdown", text: part.text };
  const summary = part.markdown.slice(0, 100);
  return {
    type: "message",
    // What notifications show.
    summary,
    attachments: [{ contentType: cardType, content: formatCard(part.markdown, part.choices) }],
  };
}
