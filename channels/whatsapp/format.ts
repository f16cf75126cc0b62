import type { Attachment } from "../../src/core/message.ts";
import { splitMarkdown, splitText } from "../_shared/chunk.ts";
import { formatList, formatTable, plainRenderer, renderMarkdown, type MarkdownRenderer } from "../_shared/markdown.ts";

/** What stands in for a mark that is none. */
const lookalikes: Readonly<Record<string, string>> = { "*": "\u2217", _: "\u02cd", "~": "\u223c", "`": "\u02cb" };
/** Two marks that WhatsApp would take for a pair: touching what is between them, not touching a word outside. */
const pair = /(?<![\p{L}\p{N}])([*_~`])(?=\S)(.{1,1000}?)(?<=\S)\1(?![\p{L}\p{N}])/gu;

const renderer: MarkdownRenderer = {
  ...plainRenderer,
  text: disarmMarks,
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
    const parts = splitMarkdown(text, limit)
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
  const flat = renderMarkdown(text, {
    ...plainRenderer,
    text: disarmMarks,
    list: (items, start) => formatList(items, start, "-"),
  })
    .replaceAll(/\s*\n\s*/g, " · ")
    .replaceAll(/\s+/g, " ")
    .trim();
  // 1,024 together with the template's own words.
  return splitText(flat, 900);
}

/**
 * WhatsApp has no escape character, so marks that are words are shown as what looks like them. Only in pairs: a lone
 * one is shown as it is, and `~/notes` can still be copied. Addresses stay as they are.
 */
function disarmMarks(text: string): string {
  return text
    .split(/(https?:\/\/\S+)/)
    .map((piece, index) => (index % 2 === 1 ? piece : disarmPairs(piece)))
    .join("");
}

function disarmPairs(text: string): string {
  return text.replaceAll(pair, (_, mark: string, words: string) => {
    const lookalike = lookalikes[mark] ?? mark;
    return lookalike + disarmPairs(words) + lookalike;
  });
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
