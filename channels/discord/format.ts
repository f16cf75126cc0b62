import { splitText } from "../_shared/chunk.ts";
import { formatList, formatTable, plainRenderer, renderMarkdown, type MarkdownRenderer } from "../_shared/markdown.ts";
import { traits } from "./traits.ts";

/**
 * Discord's markdown is close to CommonMark: no tables, no rules, no pictures by link, headings down to the third.
 * https://support.discord.com/hc/en-us/articles/210298617
 */
const discordRenderer: MarkdownRenderer = {
  ...plainRenderer,
  text: escapeText,
  bold: (content) => `**${content}**`,
  italic: (content) => `*${content}*`,
  strike: (content) => `~~${content}~~`,
  code: formatCode,
  fence: formatFence,
  link: formatLink,
  image: (content, href) => formatLink(content === "" ? escapeText(href) : content, href),
  list: (items, start) => formatList(items, start, "-"),
  table: (header, rows) => formatFence(formatTable(header, rows), ""),
  heading: (content, level) => (level <= 3 ? `${"#".repeat(level)} ${content}` : `**${content.replaceAll("**", "")}**`),
  quote: (content) => content.replaceAll(/^/gm, "> "),
  rule: () => "⎯⎯⎯⎯⎯⎯⎯⎯",
};

/** One message each. The same text always gives the same parts. */
export function formatText(text: string): readonly string[] {
  // Discord trims what it is sent, and comparing with its history needs the same.
  return splitText(renderMarkdown(text, discordRenderer), traits.maxTextLength)
    .map((part) => part.replace(/^\n+/, "").trimEnd())
    .filter((part) => part !== "");
}

/** Takes from text what Discord would read as markup, mentions included. */
export function escapeText(text: string): string {
  return text
    .replaceAll(/[\\*_~`|]/g, "\\$&")
    .replaceAll(/<(?=[@#:/at])/g, "\\<")
    .replaceAll(/\](?=\()/g, "\\]")
    .replaceAll(/^(\s*)(#{1,3}|>{1,3}|-#|[-+])(?=\s)/gm, "$1\\$2")
    .replaceAll(/^(\s*\d+)\.(?=\s)/gm, "$1\\.");
}

/** Two marks around code with one in it. Longer runs cannot be shown, so they are broken up. */
function formatCode(code: string): string {
  if (!code.includes("`")) return `\`${code}\``;
  return `\`\` ${breakTicks(code, 2)} \`\``;
}

function formatFence(code: string, language: string): string {
  const tag = /^[\w+#.-]{1,20}$/.test(language) ? language : "";
  return `\`\`\`${tag}\n${breakTicks(code, 3)}\n\`\`\``;
}

/** Puts a space of no width into runs of ticks that would end the code. */
function breakTicks(code: string, run: number): string {
  return code.replaceAll("`".repeat(run), Array.from({ length: run }, () => "`").join("\u200b"));
}

function formatLink(content: string, href: string): string {
  if (!/^(?:https?|discord):\/\/\S+$/i.test(href)) {
    const plainHref = href.replace(/^mailto:/, "");
    return content === escapeText(plainHref) || href === "" ? content : `${content} (${escapeText(plainHref)})`;
  }
  if (content === escapeText(href)) return href;
  // Discord shows no link whose words look like another address.
  if (/https?:\/\//i.test(content)) return `${content} (${href})`;
  return `[${content}](${href.replaceAll("(", "%28").replaceAll(")", "%29")})`;
}
