import type { OutboundMessage } from "../../src/core/message.ts";
import { splitText } from "../_shared/chunk.ts";
import { plainRenderer, renderMarkdown, type MarkdownRenderer, type TableCell } from "../_shared/markdown.ts";
import { formatChoices } from "../_shared/numbered-choices.ts";
import { traits } from "./traits.ts";

/** iMessage shows words only, and its font has no columns: a row is a line. */
const renderer: MarkdownRenderer = {
  ...plainRenderer,
  table: (header, rows) =>
    [header, ...rows].map((row) => row.map(({ plain }: TableCell) => plain).join(" | ")).join("\n"),
};

/** One bubble each, choices as a numbered list at the end. The same message always gives the same parts. */
export function formatTexts({ text, choices = [] }: Pick<OutboundMessage, "text" | "choices">): readonly string[] {
  const joined = [renderMarkdown(text, renderer).trim(), formatChoices(choices)]
    .filter((part) => part !== "")
    .join("\n\n");
  return splitText(joined, traits.maxTextLength).map((part) => part.trim());
}
