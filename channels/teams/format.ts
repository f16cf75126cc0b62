import { splitMarkdown, splitText } from "../_shared/chunk.ts";
import {
  formatList,
  formatTable,
  plainRenderer,
  prefixLines,
  renderMarkdown,
  type MarkdownRenderer,
} from "../_shared/markdown.ts";
import { traits } from "./traits.ts";

const { maxTextLength } = traits;

/**
 * The markdown that Teams reads. It takes one line end for a space, has no tables and no headings in messages, and reads
 * HTML, which must not come from what somebody wrote.
 */
export const teamsRenderer: MarkdownRenderer = {
  ...plainRenderer,
  text: (text) => escapeText(text).replaceAll(/[ \t]*\n[ \t]*/g, "\n\n"),
  bold: (content) => mark(content, "**"),
  italic: (content) => mark(content, "*"),
  strike: (content) => mark(content, "~~"),
  code: formatCode,
  fence: formatFence,
  link: (content, href) => (/^(?:https?|mailto|tel):/i.test(href) ? formatLink(content, href) : content),
  image: (content, href) => (/^https?:/i.test(href) ? formatLink(content === "" ? href : content, href) : content),
  list: (items, start) => formatList(items.map(spaceItem), start, "-"),
  table: (header, rows) => formatFence(formatTable(header, rows), ""),
  heading: (content) => mark(content.replaceAll("**", ""), "**"),
  quote: (content) => prefixLines(content, "> "),
  rule: () => "———",
};

/** One message each. The same text always gives the same parts. */
export function formatText(text: string): readonly string[] {
  for (const limit of [maxTextLength, 5_000, 2_500]) {
    const parts = formatParts(text, limit);
    if (parts.every((part) => part.length <= maxTextLength)) return parts;
  }
  // Tables and marks grow when they are laid out. What grows beyond all bounds goes out as it was written.
  return splitText(text, maxTextLength);
}

function formatParts(text: string, limit: number): readonly string[] {
  return splitMarkdown(text, limit)
    .map((part) => renderMarkdown(part, teamsRenderer).trim())
    .filter((part) => part !== "");
}

/** Marks what would be read as markup: marks that could open or close something, and tags. */
export function escapeText(text: string): string {
  return text
    .replaceAll(
      /[\\`]|\*(?=\S)|(?<=\S)\*|(?<![\p{L}\p{N}])_(?=\S)|(?<=\S)_(?![\p{L}\p{N}])|~(?=~)|(?<=~)~|\](?=[([])/gu,
      "\\$&",
    )
    .replaceAll(/&(?=#?\w{1,30};)/g, "&amp;")
    .replaceAll(/<(?=[a-z/!?])/gi, "&lt;")
    .replaceAll(/^(\s*)([#>+-]|\d+(?=[.)]))(?=[\s.)#])/gm, (_, space: string, sign: string) =>
      /\d/.test(sign) ? `${space}${sign}\\` : `${space}\\${sign}`,
    );
}

/**
 * The paragraphs of a list item, which one line end would join, with blank lines between them. Lists and quotes in it
 * stay as tight as they are, and code as it is.
 */
function spaceItem(item: string): string {
  let spaced = "";
  let fence = "";
  for (const line of item.split("\n")) {
    const wasCode = fence !== "";
    const sign = /^\s*(`{3,})[^`]*$/.exec(line)?.[1] ?? "";
    if (wasCode ? sign === fence && line.trim() === sign : sign !== "") fence = wasCode ? "" : sign;
    if (wasCode) spaced += `\n${line}`;
    else if (line.trim() !== "") {
      const isTight = spaced === "" || sign !== "" || /^\s*(?:- |\d+\. |>)/.test(line);
      spaced += `${spaced === "" ? "" : isTight ? "\n" : "\n\n"}${line}`;
    }
  }
  return spaced;
}

function mark(content: string, sign: string): string {
  return content.trim() === "" ? content : `${sign}${content.trim()}${sign}`;
}

function formatCode(code: string): string {
  const longest = Math.max(0, ...(code.match(/`+/g) ?? []).map(({ length }) => length));
  const sign = "`".repeat(longest + 1);
  const pad = code.startsWith("`") || code.endsWith("`") ? " " : "";
  return sign + pad + code + pad + sign;
}

function formatFence(code: string, language: string): string {
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map(({ length }) => length));
  const sign = "`".repeat(longest + 1);
  return `${sign}${language}\n${code}\n${sign}`;
}

function formatLink(content: string, href: string): string {
  const safe = href.replaceAll(/[\s()<>]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return content === "" ? href : `[${content}](${safe})`;
}
