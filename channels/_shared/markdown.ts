import { Marked, type Token, type Tokens } from "marked";
import { cellWidth } from "../../src/core/cell-width.ts";

export type { Token } from "marked";

export interface TableCell {
  readonly rendered: string;
  readonly plain: string;
  /** Of its column, where it has one. */
  readonly align?: "left" | "center" | "right";
}

/**
 * How one platform shows CommonMark. Each method is given content that is rendered already, and raw text where the
 * parameter is called `text`, `code` or `href`: escaping those is the renderer's work.
 */
export interface MarkdownRenderer {
  text(text: string): string;
  bold(content: string): string;
  italic(content: string): string;
  strike(content: string): string;
  code(code: string): string;
  /** `language` is "" when none was given. No newline at the end of `code`. */
  fence(code: string, language: string): string;
  link(content: string, href: string): string;
  image(content: string, href: string): string;
  /** `start` is undefined for bullets. An item may have several lines. */
  list(items: readonly string[], start: number | undefined): string;
  table(header: readonly TableCell[], rows: readonly (readonly TableCell[])[]): string;
  heading(content: string, level: number): string;
  quote(content: string): string;
  rule(): string;
}

/** Words only, as a phone's SMS shows them. Renderers are made by spreading it and replacing what the platform can do. */
export const plainRenderer: MarkdownRenderer = {
  text: (text) => text,
  bold: (content) => content,
  italic: (content) => content,
  strike: (content) => content,
  code: (code) => code,
  fence: (code) => code,
  link: (content, href) => {
    const shown = href.replace(/^mailto:/, "");
    return content === href || content === shown ? content : `${content} (${shown})`;
  },
  image: (content, href) => (content === "" ? href : `${content} (${href})`),
  list: formatList,
  table: (header, rows) => formatTable(header, rows),
  heading: (content) => content,
  quote: (content) => prefixLines(content, "> "),
  rule: () => "---",
};

/** marked's tokens of a text: CommonMark with tables, strike-through and bare links. Throws RangeError on absurd nesting. */
export function parseMarkdown(text: string): Token[] {
  return new Marked().lexer(text);
}

/** Renders CommonMark. Raw HTML counts as text. Never throws: what nests too deeply is shown as it was written. */
export function renderMarkdown(text: string, renderer: MarkdownRenderer): string {
  try {
    return renderBlocks(parseMarkdown(text), renderer, "\n\n");
  } catch (error) {
    if (error instanceof RangeError) return renderer.text(text);
    throw error;
  }
}

/** The words of a CommonMark text without its marks. */
export function plainText(markdown: string): string {
  return renderMarkdown(markdown, plainRenderer);
}

export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Escapes what CommonMark would read as markup, for text that comes from platforms with none. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*_[\]<>~]/g, "\\$&")
    .replaceAll(/^(\s*)([-+#=]|\d+(?=[.)]))/gm, (_, space: string, mark: string) =>
      /\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`,
    );
}

/** "• a" or "1. a", further lines of an item indented below its first. */
export function formatList(items: readonly string[], start: number | undefined, bullet = "•"): string {
  return items
    .map((item, index) => {
      const mark = start === undefined ? `${bullet} ` : `${start + index}. `;
      return mark + item.replaceAll(/\n(?=[^\n])/g, `\n${" ".repeat(mark.length)}`);
    })
    .join("\n");
}

/** Columns in line, for a fixed-width font. */
export function formatTable(header: readonly TableCell[], rows: readonly (readonly TableCell[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((row) => cellWidth(row[column]?.plain ?? ""))));
  const line = (row: readonly TableCell[]): string =>
    widths
      .map((width, column) => alignCell(row[column], width))
      .join(" | ")
      .trimEnd();
  return [line(header), widths.map((width) => "-".repeat(width)).join("-+-"), ...rows.map(line)].join("\n");
}

function alignCell({ plain, align }: Pick<TableCell, "plain" | "align"> = { plain: "" }, width: number): string {
  const gap = width - cellWidth(plain);
  const before = align === "right" ? gap : align === "center" ? Math.floor(gap / 2) : 0;
  return " ".repeat(before) + plain + " ".repeat(gap - before);
}

export function prefixLines(text: string, prefix: string): string {
  return text
    .split("\n")
    .map((line) => prefix + line)
    .join("\n");
}

function renderBlocks(tokens: readonly Token[], renderer: MarkdownRenderer, gap: string): string {
  return tokens
    .map((token) => renderBlock(token as Tokens.Generic, renderer))
    .filter((block) => block !== "")
    .join(gap);
}

function renderBlock(token: Tokens.Generic, renderer: MarkdownRenderer): string {
  switch (token.type) {
    case "space":
    case "def":
    case "checkbox":
      return "";
    case "code":
      return renderer.fence((token as Tokens.Code).text, (token as Tokens.Code).lang?.split(/\s/)[0] ?? "");
    case "heading":
      return renderer.heading(renderInline(token.tokens ?? [], renderer), (token as Tokens.Heading).depth);
    case "blockquote":
      return renderer.quote(renderBlocks(token.tokens ?? [], renderer, "\n\n"));
    case "hr":
      return renderer.rule();
    case "list": {
      const { ordered, start, items } = token as Tokens.List;
      return renderer.list(
        items.map((item) => renderItem(item, renderer)),
        ordered ? Number(start) : undefined,
      );
    }
    case "table": {
      const { header, rows } = token as Tokens.Table;
      return renderer.table(
        header.map((cell) => renderCell(cell, renderer)),
        rows.map((row) => row.map((cell) => renderCell(cell, renderer))),
      );
    }
    case "paragraph":
    case "text":
      return renderInline(token.tokens ?? [token], renderer);
    default:
      return renderer.text(token.raw.trim());
  }
}

function renderItem(item: Tokens.ListItem, renderer: MarkdownRenderer): string {
  const box = item.task ? renderer.text(item.checked === true ? "☑ " : "☐ ") : "";
  return box + renderBlocks(item.tokens, renderer, "\n");
}

function renderCell(cell: Tokens.TableCell, renderer: MarkdownRenderer): TableCell {
  return {
    rendered: renderInline(cell.tokens, renderer),
    plain: renderInline(cell.tokens, plainRenderer),
    ...(cell.align === null ? {} : { align: cell.align }),
  };
}

/** Words side by side are given to the renderer in one piece: what has to be escaped depends on what stands beside it. */
function renderInline(tokens: readonly Token[], renderer: MarkdownRenderer): string {
  let rendered = "";
  let words = "";
  for (const token of tokens as readonly Tokens.Generic[]) {
    const more = wordsOf(token);
    if (more !== undefined) {
      words += more;
      continue;
    }
    if (words !== "") rendered += renderer.text(words);
    words = "";
    rendered += renderSpan(token, renderer);
  }
  return words === "" ? rendered : rendered + renderer.text(words);
}

/** Undefined for what has a look of its own. */
function wordsOf(token: Tokens.Generic): string | undefined {
  switch (token.type) {
    case "br":
      return "\n";
    case "html":
      return /^<br\s*\/?>$/i.test(token.raw.trim()) ? "\n" : token.raw;
    case "escape":
      return (token as Tokens.Escape).text;
    case "text":
      return token.tokens === undefined ? decodeEntities((token as Tokens.Text).text) : undefined;
    default:
      return undefined;
  }
}

function renderSpan(token: Tokens.Generic, renderer: MarkdownRenderer): string {
  const content = (): string => renderInline(token.tokens ?? [], renderer);
  switch (token.type) {
    case "strong":
      return renderer.bold(content());
    case "em":
      return renderer.italic(content());
    case "del":
      return renderer.strike(content());
    case "codespan":
      return renderer.code((token as Tokens.Codespan).text);
    case "link":
      return renderer.link(content(), decodeEntities((token as Tokens.Link).href));
    case "image":
      return renderer.image(
        renderer.text(decodeEntities((token as Tokens.Image).text)),
        decodeEntities((token as Tokens.Image).href),
      );
    case "checkbox":
      return "";
    default:
      return token.tokens === undefined ? renderer.text(decodeEntities((token as Tokens.Text).text)) : content();
  }
}

const namedEntities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
};

/** The entities that people and models do write; others stay as they are. */
function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return namedEntities[name] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
    },
  );
}
