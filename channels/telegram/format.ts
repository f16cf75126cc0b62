import type { Choice } from "../../src/core/message.ts";
import { splitMarkdown, splitText } from "../_shared/chunk.ts";
import { escapeHtml, formatTable, plainRenderer, renderMarkdown, type MarkdownRenderer } from "../_shared/markdown.ts";
import { traits } from "./traits.ts";

const { maxTextLength } = traits;
/** Largest callback_data of a button, in bytes. */
export const maxCallbackBytes = 64;

/** Telegram's HTML has few tags, and unknown ones make it refuse the whole message. */
const htmlRenderer: MarkdownRenderer = {
  ...plainRenderer,
  text: escapeHtml,
  bold: (content) => `<b>${content}</b>`,
  italic: (content) => `<i>${content}</i>`,
  strike: (content) => `<s>${content}</s>`,
  code: (code) => `<code>${escapeHtml(code)}</code>`,
  fence: (code, language) =>
    language === ""
      ? `<pre>${escapeHtml(code)}</pre>`
      : `<pre><code class="language-${escapeHtml(language)}">${escapeHtml(code)}</code></pre>`,
  link: (content, href) =>
    /^(?:https?|tg|mailto):/i.test(href) ? `<a href="${escapeHtml(href)}">${content}</a>` : content,
  image: (content, href) =>
    /^https?:/i.test(href)
      ? `<a href="${escapeHtml(href)}">${content === "" ? escapeHtml(href) : content}</a>`
      : content,
  table: (header, rows) => `<pre>${escapeHtml(formatTable(header, rows))}</pre>`,
  heading: (content) => `<b>${content.replaceAll(/<\/?b>/g, "")}</b>`,
  // Quotes cannot hold quotes.
  quote: (content) => `<blockquote>${content.replaceAll(/<\/?blockquote>/g, "")}</blockquote>`,
  rule: () => "———",
};

/** One message each, as HTML for `parse_mode: HTML`. The same text always gives the same parts. */
export function formatText(text: string): readonly string[] {
  for (const limit of [maxTextLength, 3_000, 1_500]) {
    const parts = formatParts(text, limit);
    if (parts.every((part) => visibleText(part).length <= maxTextLength)) return parts;
  }
  // Tables and lists grow when they are laid out. What grows beyond all bounds goes out as it was written.
  return splitText(text, maxTextLength).map(escapeHtml);
}

function formatParts(text: string, limit: number): readonly string[] {
  return splitMarkdown(text, limit)
    .map((part) => renderMarkdown(part, htmlRenderer))
    .filter((part) => visibleText(part).trim() !== "");
}

/** What people see of the HTML, for a second try without tags and for counting. */
export function visibleText(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}

export interface Keyboard {
  readonly inline_keyboard: readonly (readonly {
    readonly text: string;
    readonly callback_data: string;
  }[])[];
}

/** Short labels share a row, as many as a phone can show. `encode` makes a command fit into callback_data. */
export function formatKeyboard(choices: readonly Choice[], encode: (command: string) => string): Keyboard {
  const rows: { text: string; callback_data: string }[][] = [];
  let room = 0;
  for (const { label, command } of choices) {
    const width = Math.max(8, label.length + 2);
    if (width > room) {
      rows.push([]);
      room = 36;
    }
    rows.at(-1)?.push({ text: label, callback_data: encode(command) });
    room -= width;
  }
  return { inline_keyboard: rows };
}
