import fc from "fast-check";
import { marked } from "marked";
import { describe, expect, it } from "vitest";
import { quoteBlock, quoteInline, showHidden } from "../../src/core/quote.ts";

describe("showHidden", () => {
  it.each([
    ["pay \u202Egnp.exe", "pay ⟨U+202E⟩gnp.exe"],
    ["a\u200Bb", "a⟨U+200B⟩b"],
    ["x\u{E0041}", "x⟨U+E0041⟩"],
    ["\u001b[2J", "⟨U+001B⟩[2J"],
    ["lone \uD800", "lone ⟨U+D800⟩"],
    ["two\nlines\tand ❤️‍🔥 👩‍👩‍👧", "two\nlines\tand ❤️‍🔥 👩‍👩‍👧"],
  ])("%j becomes %j", (text, shown) => {
    expect(showHidden(text)).toBe(shown);
  });
});

const markdownish = fc.array(
  fc.constantFrom("`", "```", "~~~", "\n", "\r", " ", "**", "[x](http://x)", "<b>", "a", "&lt;", "# "),
  { maxLength: 20 },
);

describe("quoteBlock", () => {
  it("is one code block, whatever it holds", () => {
    fc.assert(
      fc.property(markdownish, (pieces) => {
        const text = pieces.join("");
        const tokens = marked.lexer(quoteBlock(text));
        expect(tokens.map((token) => token.type)).toEqual(["code"]);
        const code = (tokens[0] as { text: string }).text;
        // marked is unsure about newlines at the end of a block
        expect(code.replace(/\n+$/, "")).toBe(showHidden(text).replace(/\n+$/, ""));
      }),
    );
  });
});

describe("quoteInline", () => {
  it("holds no markup", () => {
    fc.assert(
      fc.property(markdownish, (pieces) => {
        const tokens = marked.lexer(`By ${quoteInline(pieces.join(""))}!`);
        expect(tokens).toHaveLength(1);
        const inline = (tokens[0] as { tokens?: { type: string }[] }).tokens ?? [];
        expect(inline.filter((token) => !["text", "escape"].includes(token.type))).toEqual([]);
      }),
    );
  });
});
