import type { Choice } from "../../src/core/message.ts";
import {
  formatList,
  formatTable,
  parseMarkdown,
  plainRenderer,
  renderMarkdown,
  type MarkdownRenderer,
  type Token,
} from "../_shared/markdown.ts";
import { inlineReferences } from "../_shared/references.ts";
import { escapeText } from "./format.ts";
import { commandKey } from "./parse.ts";

/** An Adaptive Card of version 1.2: the newest that Teams on phones shows. */
export interface AdaptiveCard {
  readonly type: "AdaptiveCard";
  readonly $schema: string;
  readonly version: "1.2";
  readonly body: readonly object[];
}

export const cardType = "application/vnd.microsoft.card.adaptive";
/** Teams hides the rest behind a menu. */
const maxButtonsInRow = 6;

/** Text in cards has bold, italics, lists and links, and no code. */
const cardRenderer: MarkdownRenderer = {
  ...plainRenderer,
  text: escapeText,
  bold: (content) => `**${content}**`,
  italic: (content) => `_${content}_`,
  code: (code) => escapeText(code),
  link: (content, href) => (/^(?:https?|mailto):/i.test(href) ? `[${content}](${href})` : content),
  image: (content, href) => (/^https?:/i.test(href) ? `[${content === "" ? href : content}](${href})` : content),
  heading: (content) => `**${content.replaceAll("**", "")}**`,
  list: (items, start) => formatList(items, start, "-"),
};

/** A text with buttons below it. A press counts as sending the choice's command. */
export function formatCard(markdown: string, choices: readonly Choice[]): AdaptiveCard {
  const rows: object[] = [];
  for (let at = 0; at < choices.length; at += maxButtonsInRow)
    rows.push({ type: "ActionSet", actions: choices.slice(at, at + maxButtonsInRow).map(formatButton) });
  return {
    type: "AdaptiveCard",
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    version: "1.2",
    body: [...formatBlocks(markdown), ...rows],
  };
}

function formatButton({ label, command, style }: Choice): object {
  const look = { primary: "positive", danger: "destructive" } as const;
  return {
    type: "Action.Submit",
    title: label,
    data: { [commandKey]: command },
    ...(style === undefined ? {} : { style: look[style] }),
  };
}

function formatBlocks(markdown: string): readonly object[] {
  try {
    return parseMarkdown(inlineReferences(markdown)).flatMap(formatBlock);
  } catch (error) {
    // Nested too deeply to be read.
    if (error instanceof RangeError) return [{ type: "TextBlock", text: escapeText(markdown), wrap: true }];
    throw error;
  }
}

function formatBlock(token: Token): readonly object[] {
  if (token.type === "space" || token.type === "def") return [];
  if (token.type === "code") return [formatMonospace(token.text as string)];
  if (token.type === "table") {
    const laidOut = renderMarkdown(token.raw, { ...plainRenderer, table: (header, rows) => formatTable(header, rows) });
    return [formatMonospace(laidOut)];
  }
  const text = renderMarkdown(token.raw, cardRenderer);
  return text.trim() === "" ? [] : [{ type: "TextBlock", text, wrap: true }];
}

/** No markdown is read in a TextRun, so code stays as it is. */
function formatMonospace(code: string): object {
  const text = code.replaceAll(/ {2,}|^ /gm, (spaces) => "\u00a0".repeat(spaces.length));
  return { type: "RichTextBlock", inlines: [{ type: "TextRun", text, fontType: "Monospace" }] };
}
