import type { OutboundMessage } from "../../src/core/message.ts";
import { plainRenderer, renderMarkdown, type MarkdownRenderer } from "../_shared/markdown.ts";
import { codes, isBlank, splitLine } from "./lines.ts";

const renderer: MarkdownRenderer = {
  ...plainRenderer,
  bold: (content) => wrapLines(content, codes.bold),
  italic: (content) => wrapLines(content, codes.italic),
  strike: (content) => wrapLines(content, codes.strike),
  code: (code) => wrapLines(code, codes.monospace),
  heading: (content) => wrapLines(content, codes.bold),
};

export interface FormatLimits {
  readonly maxBytes: number;
  readonly maxLines: number;
}

/**
 * The lines that IRC shows: formats as control codes, fences as plain lines, no blank lines. Choices become a numbered
 * list that says what to write; our nick goes before the command, because clients keep "/…" for themselves.
 * Empty when nothing of the message is visible.
 */
export function formatLines(message: OutboundMessage, ownNick: string, limits: FormatLimits): string[] {
  const paragraphs = [renderMarkdown(cleanText(message.text), renderer)];
  message.choices?.forEach(({ label, command }, index) =>
    paragraphs.push(`${index + 1}. ${cleanText(label)}: write "${ownNick}: ${cleanText(command)}"`),
  );
  for (const { name } of message.attachments)
    paragraphs.push(`(The file "${cleanText(name)}" cannot be sent over IRC.)`);
  const lines = paragraphs
    .flatMap((paragraph) => paragraph.split("\n"))
    .filter((line) => !isBlank(line))
    .flatMap((line) => splitLine(line.trimEnd(), limits.maxBytes));
  if (lines.length <= limits.maxLines) return lines;
  const kept = lines.slice(0, limits.maxLines - 1);
  return [...kept, `(cut here: ${lines.length - kept.length} more lines)`];
}

/**
 * Room for the words in a line of 512 bytes, which the server sends on with our nick (at most 30 bytes), user (11 with
 * "~") and host (63) before it. The same for every nick that we may have, so that an attempt after a reconnect cuts the
 * message into the same lines.
 */
export function maxTextBytes(target: string): number {
  const prefix = Buffer.byteLength(`:!@ PRIVMSG ${target} :`) + 30 + 11 + 63;
  return Math.max(64, Math.min(350, 510 - prefix));
}

/** Without control characters: none of them comes from anybody but the renderer, so nobody can forge a line or CTCP. */
function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll("\t", "    ")
    .replaceAll(/[^\P{Cc}\n]/gu, "");
}

function wrapLines(content: string, code: string): string {
  return content
    .split("\n")
    .map((line) => (line === "" ? line : code + line + code))
    .join("\n");
}
