import type { Choice } from "../../src/core/message.ts";
import { splitMarkdown, splitText } from "../_shared/chunk.ts";
import { escapeHtml, renderMarkdown, type MarkdownRenderer, type TableCell } from "../_shared/markdown.ts";
import { formatChoices } from "../_shared/numbered-choices.ts";
import { traits } from "./traits.ts";

/** Words and HTML together: encrypted they grow by a third, and an event may have 65,536 bytes. */
const maxPartBytes = 32_000;
const userIds = /(?<![\w@/.])@[\w.=/+-]+:(?:[\w-]+\.)*[\w-]*[a-z0-9](?::\d+)?/gi;

const lineOfCode = "\u0001";
const besideBlock =
  /\n(?=<(?:pre|ul|ol|table|h[1-6]|blockquote|hr)\b)|(?<=<\/(?:pre|ul|ol|table|h[1-6]|blockquote)>|<hr>)\n/g;

/** What one message of ours shows. */
export interface TextPart {
  /** The text as it was written, for programs that show no HTML. */
  readonly body: string;
  readonly html: string;
  readonly mentions: readonly string[];
}

/** The tags of https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes */
const htmlRenderer: MarkdownRenderer = {
  text: (text) => formatPills(text),
  bold: (content) => `<strong>${content}</strong>`,
  italic: (content) => `<em>${content}</em>`,
  strike: (content) => `<del>${content}</del>`,
  code: (code) => `<code>${escapeHtml(code)}</code>`,
  fence: (code, language) =>
    `<pre><code${language === "" ? "" : ` class="language-${escapeHtml(language)}"`}>${keepLines(escapeHtml(code))}</code></pre>`,
  link: (content, href) =>
    /^(?:https?|mailto|ftp|magnet|matrix):/i.test(href)
      ? `<a href="${escapeHtml(href)}">${stripLinks(content)}</a>`
      : content,
  // Pictures of other servers are not shown by any program.
  image: (content, href) =>
    /^https?:/i.test(href)
      ? `<a href="${escapeHtml(href)}">${content === "" ? escapeHtml(href) : content}</a>`
      : content,
  list: (items, start) => {
    const rows = items.map((item) => `<li>${formatBreaks(item)}</li>`).join("");
    return start === undefined ? `<ul>${rows}</ul>` : `<ol${start === 1 ? "" : ` start="${start}"`}>${rows}</ol>`;
  },
  table: formatTable,
  heading: (content, level) => `<h${level}>${content}</h${level}>`,
  quote: (content) => `<blockquote>${formatBreaks(content)}</blockquote>`,
  rule: () => "<hr>",
};

/** One message each. The same text always gives the same parts. */
export function formatText(text: string): readonly TextPart[] {
  for (const limit of [traits.maxTextLength, 4_000, 1_500]) {
    const parts = splitMarkdown(text, limit).map(formatPart);
    if (parts.every((part) => Buffer.byteLength(part.body) + Buffer.byteLength(part.html) <= maxPartBytes))
      return parts;
  }
  // HTML that grows beyond all bounds is left out; the words are what counts.
  return splitText(text, 4_000).map((body) => ({ body, html: "", mentions: findUserIds(body) }));
}

/** The text of a message with its choices, which can be answered by their number. */
export function formatWithChoices(text: string, choices: readonly Choice[]): string {
  return [text, formatChoices(choices)].filter((part) => part !== "").join("\n\n");
}

function formatPart(body: string): TextPart {
  return { body, html: formatHtml(body), mentions: findUserIds(body) };
}

export function formatHtml(markdown: string): string {
  return formatBreaks(renderMarkdown(markdown, htmlRenderer)).replaceAll(lineOfCode, "\n");
}

/** Line ends of code stand apart from those that become breaks. */
function keepLines(code: string): string {
  return `${code}\n`.replaceAll("\n", lineOfCode);
}

/** Fields of `m.room.message`: https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes */
export function formatContent({ body, html, mentions }: TextPart): Record<string, unknown> {
  const isPlain = html === "" || html === escapeHtml(body);
  return {
    msgtype: "m.text",
    body,
    ...(isPlain ? {} : { format: "org.matrix.custom.html", formatted_body: html }),
    // Always there, so that a name within the text rings nobody's bell.
    "m.mentions": mentions.length === 0 ? {} : { user_ids: mentions },
  };
}

/** `m.replace`: https://spec.matrix.org/latest/client-server-api/#event-replacements */
export function formatEdit(part: TextPart, eventId: string): Record<string, unknown> {
  const { "m.mentions": mentions, ...content } = formatContent(part);
  return {
    msgtype: "m.text",
    // Seen only by programs that know no edits.
    body: `* ${part.body.slice(0, 1_000)}`,
    // Nobody is to be called again by what was there before.
    "m.mentions": {},
    "m.new_content": { ...content, "m.mentions": mentions },
    "m.relates_to": { rel_type: "m.replace", event_id: eventId },
  };
}

/** Text with user ids as links that programs show as names. */
function formatPills(text: string): string {
  let html = "";
  let from = 0;
  for (const found of text.matchAll(userIds)) {
    const id = escapeHtml(found[0]);
    html += `${escapeHtml(text.slice(from, found.index))}<a href="https://matrix.to/#/${encodeURI(id)}">${id}</a>`;
    from = found.index + found[0].length;
  }
  return html + escapeHtml(text.slice(from));
}

/** Ids within code are no mentions. */
function findUserIds(markdown: string): readonly string[] {
  const words = markdown.replaceAll(/(`{3,}|~{3,})[^]*?(?:\1|$)|`[^`\n]*`/g, " ");
  return [...new Set(words.match(userIds))].slice(0, 50);
}

/** Links hold no links. */
function stripLinks(html: string): string {
  return html.replaceAll(/<\/?a\b[^>]*>/g, "");
}

function formatTable(header: readonly TableCell[], rows: readonly (readonly TableCell[])[]): string {
  const line = (cells: readonly TableCell[], tag: string): string =>
    `<tr>${header.map((_, column) => `<${tag}>${cells[column]?.rendered ?? ""}</${tag}>`).join("")}</tr>`;
  return `<table><thead>${line(header, "th")}</thead><tbody>${rows.map((row) => line(row, "td")).join("")}</tbody></table>`;
}

/** Blank lines between blocks become paragraphs, line ends within them breaks. */
function formatBreaks(html: string): string {
  const blocks = html
    .split(/\n{2,}/)
    .map((each) =>
      each
        .replace(/^\n+|\n+$/g, "")
        .replaceAll(besideBlock, "")
        .replaceAll("\n", "<br>"),
    )
    .filter((each) => each !== "");
  const [only = ""] = blocks;
  if (blocks.length === 1) return only;
  return blocks.map((each) => (isBlock(each) ? each : `<p>${each}</p>`)).join("");
}

function isBlock(html: string): boolean {
  return /^<(?:pre|ul|ol|table|h[1-6]|blockquote|hr)\b/.test(html);
}
