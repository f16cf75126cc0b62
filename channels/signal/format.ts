import type { OutboundMessage } from "../../src/core/message.ts";
import { splitMarkdown, splitText } from "../_shared/chunk.ts";
import {
  escapeMarkdown,
  formatTable,
  plainRenderer,
  prefixLines,
  renderMarkdown,
  type MarkdownRenderer,
} from "../_shared/markdown.ts";
import { formatChoices } from "../_shared/numbered-choices.ts";
import { traits } from "./traits.ts";

/** A text, and which parts of it look how: "start:length:STYLE" in UTF-16 code units. */
export interface StyledPart {
  readonly text: string;
  readonly textStyle: readonly string[];
}

const { maxTextLength } = traits;

/** Stand in the rendered text until the offsets are known; Unicode promises that no text holds them. */
const marks = {
  BOLD: ["\uFDD0", "\uFDD1"],
  ITALIC: ["\uFDD2", "\uFDD3"],
  STRIKETHROUGH: ["\uFDD4", "\uFDD5"],
  MONOSPACE: ["\uFDD6", "\uFDD7"],
} as const;
const anyMark = /[\uFDD0-\uFDD7]/g;

function wrap(style: keyof typeof marks): (content: string) => string {
  return (content) => (content === "" ? "" : marks[style][0] + content + marks[style][1]);
}

const clean = (text: string): string => text.replaceAll(anyMark, "");
const monospace = (text: string): string => wrap("MONOSPACE")(clean(text));

/** Signal has four styles, and neither links with a text of their own nor lists, tables and headings. */
const renderer: MarkdownRenderer = {
  ...plainRenderer,
  text: clean,
  bold: wrap("BOLD"),
  italic: wrap("ITALIC"),
  strike: wrap("STRIKETHROUGH"),
  code: monospace,
  fence: monospace,
  link: (content, href) => plainRenderer.link(clean(content) === href ? href : content, clean(href)),
  image: (content, href) => plainRenderer.image(content, clean(href)),
  table: (header, rows) => monospace(formatTable(header, rows)),
  heading: (content) => wrap("BOLD")(content),
  quote: (content) => prefixLines(content, "> "),
};

/** One message each. The same text always gives the same parts; none is blank. */
export function formatText(text: string): readonly StyledPart[] {
  for (const limit of [maxTextLength, 1_500, 750]) {
    const parts = splitMarkdown(text, limit)
      .map((part) => readMarks(renderMarkdown(part, renderer)))
      .filter((part) => part.text !== "");
    if (parts.every((part) => part.text.length <= maxTextLength)) return parts;
  }
  // Tables and lists grow when they are laid out. What grows beyond all bounds goes out as it was written.
  return splitText(clean(text), maxTextLength).map((part) => ({ text: part.trim(), textStyle: [] }));
}

/** The text of a message, with its choices as a numbered list behind it. */
export function formatMessageText({ text, choices = [] }: OutboundMessage): readonly StyledPart[] {
  const list = escapeMarkdown(formatChoices(choices));
  return formatText([text.trimEnd(), list].filter((part) => part !== "").join("\n\n"));
}

/** Takes the marks out, and the white space around the text. */
function readMarks(marked: string): StyledPart {
  const styles: { style: string; start: number; end: number }[] = [];
  const open = new Map<string, number[]>();
  let text = "";
  let from = 0;
  for (const { 0: mark, index } of marked.matchAll(anyMark)) {
    text += marked.slice(from, index);
    from = index + 1;
    const [style = ""] = Object.entries(marks).find(([, pair]) => pair.includes(mark as never)) ?? [];
    const starts = open.get(style) ?? [];
    open.set(style, starts);
    if (marks[style as keyof typeof marks][0] === mark) starts.push(text.length);
    else {
      const start = starts.pop();
      if (start !== undefined && start < text.length) styles.push({ style, start, end: text.length });
    }
  }
  text += marked.slice(from);
  const shift = text.length - text.trimStart().length;
  const shown = text.trim();
  const textStyle = styles
    .map(({ style, start, end }) => ({
      style,
      start: Math.max(0, start - shift),
      end: Math.min(shown.length, end - shift),
    }))
    .filter(({ start, end }) => end > start)
    .toSorted((a, b) => a.start - b.start || b.end - a.end)
    .map(({ style, start, end }) => `${start}:${end - start}:${style}`);
  return { text: shown, textStyle };
}
