import type { Attachment } from "../../src/core/message.ts";
import { splitText } from "../_shared/chunk.ts";
import { formatList, formatTable, plainRenderer, renderMarkdown, type MarkdownRenderer } from "../_shared/markdown.ts";

/** WhatsApp has no escape character: what looks like a mark is one. */
const renderer: MarkdownRenderer = {
  ...plainRenderer,
  bold: (content) => wrapLines(content, "*"),
  italic: (content) => wrapLines(content, "_"),
  strike: (content) => wrapLines(content, "~"),
  code: (code) => (code.includes("`") ? code : `\`${code}\``),
  fence: (code) => `\`\`\`\n${code.replaceAll("```", "'''")}\n\`\`\``,
  list: (items, start) => formatList(items, start, "-"),
  table: (header, rows) => `\`\`\`\n${formatTable(header, rows).replaceAll("```", "'''")}\n\`\`\``,
  heading: (content) => wrapLines(content.replaceAll("*", ""), "*"),
  rule: () => "———",
};

/** One message each, in WhatsApp's marks. The same text always gives the same parts. */
export function formatText(text: string, maxLength: number): readonly string[] {
  for (const limit of [maxLength, Math.floor(maxLength * 0.75), Math.floor(maxLength * 0.4)]) {
    const parts = splitText(text, limit)
      .map((part) => renderMarkdown(part, renderer).trim())
      .filter((part) => part !== "");
    if (parts.every((part) => part.length <= maxLength)) return parts;
  }
  // Tables and lists grow when they are laid out. What grows beyond all bounds goes out as it was written.
  return splitText(text, maxLength);
}

/**
 * The words as the variable of a template, which takes no line ends, tabs or more than four spaces in a row. As many
 * pieces as are needed.
 */
export function formatTemplateTexts(text: string): readonly string[] {
  const flat = renderMarkdown(text, { ...plainRenderer, list: (items, start) => formatList(items, start, "-") })
    .replaceAll(/\s*\n\s*/g, " · ")
    .replaceAll(/\s+/g, " ")
    .trim();
  // 1,024 together with the template's own words.
  return splitText(flat, 900);
}

export function describeUnsent({ name }: Attachment, why: string): string {
  return `(The file ${name} ${why}.)`;
}

/** A mark holds within a line only, and not next to white space. */
function wrapLines(content: string, mark: string): string {
  return content
    .split("\n")
    .map((line) => {
      const [, before = "", words = "", after = ""] = /^(\s*)(.*?)(\s*)$/.exec(line) ?? [];
      return words === "" ? line : before + mark + words + mark + after;
    })
    .join("\n");
}
