import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatMessageText, formatText } from "../../../channels/signal/format.ts";
import { parseStyledText } from "../../../channels/signal/styled-text.ts";
import { traits } from "../../../channels/signal/traits.ts";
import { outbound } from "../../doubles/channel-context.ts";
import { ada } from "./harness.ts";

describe("formatText", () => {
  it.each([
    ["plain", "plain", []],
    ["**a** _b_ ~~c~~ `d<e`", "a b c d<e", ["0:1:BOLD", "2:1:ITALIC", "4:1:STRIKETHROUGH", "6:3:MONOSPACE"]],
    ["**a _b_**", "a b", ["0:3:BOLD", "2:1:ITALIC"]],
    ["# Title\n\ntext", "Title\n\ntext", ["0:5:BOLD"]],
    ["```ts\nif (a) {}\n```\n\nend", "if (a) {}\n\nend", ["0:9:MONOSPACE"]],
    ["[docs](https://example.org/a)", "docs (https://example.org/a)", []],
    ["<https://example.org>", "https://example.org", []],
    ["- a\n- b\n  1. c", "• a\n• b\n  1. c", []],
    ["|name|n|\n|-|-|\n|Ada|1|", "name | n\n-----+--\nAda  | 1", ["0:26:MONOSPACE"]],
    ["> a\n> b", "> a\n> b", []],
    ["👍 **x**", "👍 x", ["3:1:BOLD"]],
    ["\uFDD0 a **b**", "a b", ["2:1:BOLD"]],
  ])("%j", (markdown, text, textStyle) => {
    expect(formatText(markdown)).toEqual([{ text, textStyle }]);
  });

  it("gives nothing for a blank text", () => {
    expect(formatText(" \n")).toEqual([]);
  });

  it("keeps styles within the text, and the text within the limit", () => {
    const pieces = fc.constantFrom(
      "**",
      "_",
      "~~",
      "`",
      "```\n",
      "> ",
      "- ",
      "# ",
      "\n\n",
      "word ",
      "ö👍 ",
      "|a|b|\n|-|-|\n|1|2|\n",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), fc.integer({ min: 1, max: 60 }), (parts, times) => {
        for (const { text, textStyle } of formatText(parts.join("").repeat(times))) {
          expect(text).toBe(text.trim());
          expect(text.length).toBeGreaterThan(0);
          expect(text.length).toBeLessThanOrEqual(traits.maxTextLength);
          for (const style of textStyle) {
            const [start = -1, length = 0] = style.split(":").map(Number);
            expect(start).toBeGreaterThanOrEqual(0);
            expect(length).toBeGreaterThan(0);
            expect(start + length).toBeLessThanOrEqual(text.length);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("stays within the limit when the layout makes a text longer", () => {
    const table = `|${"a|".repeat(20)}\n|${"-|".repeat(20)}\n${`|${"a|".repeat(20)}\n`.repeat(60)}|${"wide".repeat(200)}|\n`;
    for (const { text } of formatText(table)) expect(text.length).toBeLessThanOrEqual(traits.maxTextLength);
  });

  it("comes back as it was", () => {
    for (const markdown of ["**bold** and _italic_", "a `code` b", "~~no~~ **yes _really_**"]) {
      const [part] = formatText(markdown);
      const styles = (part?.textStyle ?? []).map((each) => {
        const [start = 0, length = 0, style = ""] = each.split(":");
        return { start: Number(start), length: Number(length), style: String(style) };
      });
      expect(parseStyledText(part?.text ?? "", [], styles)).toBe(markdown);
    }
  });
});

describe("formatMessageText", () => {
  it("puts choices behind the text, with their marks untouched", () => {
    const choices = [{ label: "Say *yes*", command: "/approve 3f9a_1" }];
    const message = outbound({ channel: "signal", chat: ada }, "May I?", { choices });
    expect(formatMessageText(message)).toEqual([
      { text: "May I?\n\nReply with a number:\n1. Say *yes* (/approve 3f9a_1)", textStyle: [] },
    ]);
  });
});
