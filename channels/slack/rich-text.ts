import type { Tokens } from "marked";
import type * as types from "@slack/types";
import { formatTable, plainText, type Token } from "../_shared/markdown.ts";
import { formatInline, formatWords, merge } from "./rich-inline.ts";

type Element = types.RichTextBlockElement;
/** Slack shows no deeper levels of a list. */
const maxIndent = 8;
const maxHeaderLength = 150;

/**
 * CommonMark's blocks as Slack's: headings, rules, and everything between them as rich text. Tables are drawn in a
 * fixed-width font here; `format.ts` shows most of them as Slack's own.
 */
export function formatBlocks(tokens: readonly Token[]): types.KnownBlock[] {
  const blocks: types.KnownBlock[] = [];
  let elements: Element[] = [];
  const flush = (): void => {
    if (elements.length > 0) blocks.push({ type: "rich_text", elements });
    elements = [];
  };
  for (const token of tokens as readonly Tokens.Generic[]) {
    const header = token.type === "heading" && (token as Tokens.Heading).depth <= 2 ? formatHeader(token) : undefined;
    if (header === undefined && token.type !== "hr") {
      addSpaced(elements, formatBlock(token, 0));
      continue;
    }
    flush();
    blocks.push(header ?? { type: "divider" });
  }
  flush();
  return blocks;
}

function formatHeader(token: Tokens.Generic): types.HeaderBlock | undefined {
  const text = plainText((token as Tokens.Heading).text)
    .replaceAll("\n", " ")
    .trim();
  if (text === "" || text.length > maxHeaderLength) return undefined;
  return { type: "header", text: { type: "plain_text", text, emoji: true } };
}

/** Two paragraphs in a row are set apart by an empty line; lists, code and quotes stand apart by themselves. */
function addSpaced(elements: Element[], more: readonly Element[]): void {
  const last = elements.at(-1);
  if (last?.type === "rich_text_section" && more[0]?.type === "rich_text_section")
    elements[elements.length - 1] = { ...last, elements: [...last.elements, { type: "text", text: "\n\n" }] };
  elements.push(...more);
}

function formatBlock(token: Tokens.Generic, indent: number): Element[] {
  switch (token.type) {
    case "space":
    case "def":
    case "checkbox":
      return [];
    case "code":
      return preformatted((token as Tokens.Code).text);
    case "heading":
      return section(formatInline(token.tokens ?? [], { bold: true }));
    case "blockquote":
      return quote(token.tokens ?? []);
    case "list":
      return formatList(token as Tokens.List, indent);
    case "table":
      return preformatted(drawTable(token as Tokens.Table));
    case "hr":
      return section(formatWords("———"));
    case "paragraph":
    case "text":
      return section(formatInline(token.tokens ?? [token]));
    default:
      return section(formatInline([token]));
  }
}

/** A list with other blocks in its items becomes several, counted on. */
function formatList(list: Tokens.List, indent: number): Element[] {
  const elements: Element[] = [];
  const level = Math.min(indent, maxIndent);
  let open: types.RichTextList | undefined;
  for (const [index, item] of list.items.entries()) {
    const box = item.task ? formatWords(item.checked === true ? "☑ " : "☐ ") : [];
    const [head, ...rest] = (item.tokens as Tokens.Generic[]).filter(
      ({ type }) => !["space", "checkbox"].includes(type),
    );
    const isText = head?.type === "text" || head?.type === "paragraph";
    const words = merge([...box, ...(isText ? formatInline(head.tokens ?? [head]) : [])]);
    if (open === undefined) {
      const start = (list.ordered ? Number(list.start) - 1 : 0) + index;
      open = {
        type: "rich_text_list",
        style: list.ordered ? "ordered" : "bullet",
        indent: level,
        elements: [],
        ...(list.ordered && start > 0 ? { offset: start } : {}),
      };
      elements.push(open);
    }
    open.elements.push({ type: "rich_text_section", elements: words.length === 0 ? formatWords(" ") : words });
    const inner = (isText ? rest : [head, ...rest]).flatMap((each) =>
      each === undefined ? [] : formatBlock(each, indent + 1),
    );
    if (inner.length === 0) continue;
    elements.push(...inner);
    open = undefined;
  }
  return elements;
}

/** Quotes hold words and line breaks only. */
function quote(tokens: readonly Token[]): Element[] {
  const lines = (tokens as readonly Tokens.Generic[])
    .filter(({ type }) => type !== "space")
    .map((token) =>
      token.type === "paragraph" || token.type === "text"
        ? formatInline(token.tokens ?? [token])
        : formatWords(plainText(token.raw).trim()),
    )
    .filter((line) => line.length > 0);
  const elements = lines.flatMap((line, index) => [...(index === 0 ? [] : formatWords("\n")), ...line]);
  return elements.length === 0 ? [] : [{ type: "rich_text_quote", elements }];
}

function section(elements: types.RichTextElement[]): Element[] {
  return elements.length === 0 ? [] : [{ type: "rich_text_section", elements }];
}

function preformatted(text: string): Element[] {
  return text.trim() === "" ? [] : [{ type: "rich_text_preformatted", elements: [{ type: "text", text }] }];
}

export function drawTable({ header, rows }: Tokens.Table): string {
  const cell = ({ tokens, text }: Tokens.TableCell): { rendered: string; plain: string } => {
    const plain = plainText(text).replaceAll("\n", " ");
    return { rendered: tokens.length === 0 ? "" : plain, plain };
  };
  return formatTable(
    header.map(cell),
    rows.map((row) => row.map(cell)),
  );
}
