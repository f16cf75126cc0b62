import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEntities, formatReadableText, readPageTitle } from "../../src/documents/readable-text.ts";

describe("formatReadableText", () => {
  it.each([
    ["plain", "plain"],
    ["a<", "a<"],
    ["1 < 2 and 3 > 2", "1 < 2 and 3 > 2"],
    ["a<script>x", "a"],
    ["a<!-- x", "a"],
    ["a<b", "a"],
    ["<SCRIPT>x</SCRIPT >y", "y"],
    ["İ<script>x</script>y", "İy"],
  ])("%j reads %j", (html, text) => {
    expect(formatReadableText(html)).toBe(text);
  });

  it("takes linear time on hostile pages", () => {
    // The least of three: what else the machine does only ever adds.
    const cost = (piece: string, length: number) => {
      const html = piece.repeat(length);
      const times = [1, 2, 3].map(() => {
        const startedAt = performance.now();
        formatReadableText(html);
        return performance.now() - startedAt;
      });
      return Math.min(...times);
    };
    for (const piece of [
      "<",
      "<a",
      `<a "`,
      "<!--",
      "<title",
      "<title>",
      "<nav>",
      "</nav",
      "<script></script>",
      "&#",
      "&amp",
      "\n\n ",
      "<svg><nav></svg>",
    ]) {
      cost(piece, 1000);
      const small = Math.max(cost(piece, 4000), 1);
      expect(cost(piece, 32_000) / small, piece).toBeLessThan(64);
    }
  });

  it("never throws and stays well-formed", () => {
    const soup = fc.array(
      fc.constantFrom(
        "<",
        ">",
        "/",
        "!--",
        "-->",
        "script",
        "p",
        "&#x",
        "110000;",
        "&#55296;",
        "&lt;",
        '"',
        " ",
        "title",
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(soup, (pieces) => {
        expect(formatReadableText(pieces.join("")).isWellFormed()).toBe(true);
      }),
    );
  });
});

describe("readPageTitle", () => {
  it.each([
    ["<title>A &amp; B\n c</title>x", "A & B c"],
    ["<p>none", ""],
    ["<title>", ""],
  ])("of %j is %j", (html, title) => {
    expect(readPageTitle(html)).toBe(title);
  });
});

describe("decodeEntities", () => {
  it.each([
    ["&amp;lt; &quot;&#65;&#x1F600;&nbsp;&uuml;&Uuml;", '&lt; "A😀 üÜ'],
    ["&unknown; &constructor; & &;", "&unknown; &constructor; & &;"],
    ["&#xD800;&#0;&#x110000;", "\ufffd\ufffd\ufffd"],
  ])("%j is %j", (text, decoded) => {
    expect(decodeEntities(text)).toBe(decoded);
  });
});
