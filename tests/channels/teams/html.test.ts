import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHtml, textOf } from "../../../channels/teams/html.ts";
import { parseHtmlContent } from "../../../channels/teams/html-to-markdown.ts";
import { escapeHtml } from "../../../channels/_shared/markdown.ts";

const read = (html: string): string => parseHtmlContent(html, (name) => `@${name}`).text;

describe("Teams' HTML becomes CommonMark", () => {
  it.each([
    ["<p>one</p><p>two</p>", "one\n\ntwo"],
    ["one<br>two", "one\ntwo"],
    ["<div>one</div>\n<div>two</div>", "one\n\ntwo"],
    ["<p><b>a</b> <i>b</i> <s>c</s> <code>d`e</code></p>", "**a** *b* ~~c~~ ``d`e``"],
    ["<p>x<strong> spaced </strong>y</p>", "x **spaced** y"],
    ['<ol start="3"><li>a</li><li>b<ul><li>c</li></ul></li></ol>', "3. a\n4. b\n   - c"],
    ["<blockquote><p>a</p><p>b</p></blockquote><p>c</p>", "> a\n> \n> b\n\nc".replace("> \n", ">\n")],
    ["<h2>Title</h2><p>text</p>", "## Title\n\ntext"],
    [
      '<codeblock class="JavaScript"><code>let a = "&lt;b&gt;";<br>  next()</code></codeblock>',
      '```\nlet a = "<b>";\n  next()\n```',
    ],
    ["<pre>a\n```\nb</pre>", "````\na\n```\nb\n````"],
    ["<table><tr><th>a</th><th>b|c</th></tr><tr><td>1</td></tr></table>", "| a | b\\|c |\n| --- | --- |\n| 1 |  |"],
    [
      '<a href="https://example.org/a b">x</a> <a href="javascript:alert(1)">y</a> <a href="https://example.org">https://example.org</a>',
      "[x](https://example.org/a%20b) y https://example.org",
    ],
    ['<img itemtype="http://schema.skype.com/Emoji" alt="👀"><emoji alt="🎉"></emoji><img src="x">', "👀🎉"],
    ["<p>a &amp;amp; &#128512; &nbsp;b</p>", "a &amp; 😀 b"],
    ["<p>broken <b>bold<p>next", "broken **bold\n\nnext**"],
    ["2 < 3 and <3 <notatag", "2 < 3 and <3 <notatag"],
    ['<p title="a > b">x</p>', "x"],
    ["<script>alert(1)</script><p>x</p><!-- y -->", "x"],
  ])("%s", (html, markdown) => {
    expect(read(html)).toBe(markdown);
  });

  it("drops a quote, nested ones included, and says what it quoted", () => {
    const html =
      '<blockquote itemtype="http://schema.skype.com/Reply" itemid="17"><strong itemprop="mri" itemid="28:us">Us</strong><p itemprop="preview">a</p><blockquote>b</blockquote> c</blockquote><p>answer</p>';
    expect(parseHtmlContent(html, () => "")).toEqual({
      text: "answer",
      quote: { messageId: "17", author: "28:us" },
      namesFile: false,
    });
  });
});

describe("whatever comes", () => {
  it("is read without an exception, and in no time", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "<p>",
        "</p>",
        "<b>",
        "</i>",
        "<a href='",
        '"',
        "'",
        "<",
        ">",
        "&",
        "&#1;",
        "<ul><li>",
        "<!--",
        "-->",
        "<table>",
        "<td",
        " ",
        "\n",
        "`",
        "<pre>",
      ),
      fc.string({ unit: "grapheme", maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        expect(typeof read(pieces.join(""))).toBe("string");
      }),
    );
    for (const evil of [
      "<a ".repeat(50_000),
      '<a "'.repeat(50_000),
      "<".repeat(200_000),
      "<!--".repeat(50_000),
      "<b>".repeat(50_000),
      `<a ${"x ".repeat(100_000)}`,
    ]) {
      const since = performance.now();
      parseHtml(evil);
      expect(performance.now() - since).toBeLessThan(5_000);
    }
  });

  it("loses no word that stands in plain paragraphs", () => {
    const words = fc.stringMatching(/^[a-zäöü0-9]{1,8}$/u);
    fc.assert(
      fc.property(
        fc.array(fc.array(words, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
        (paragraphs) => {
          const html = paragraphs.map((line) => `<p>${escapeHtml(line.join(" "))}</p>`).join("\n");
          expect(read(html)).toBe(paragraphs.map((line) => line.join(" ")).join("\n\n"));
          expect(parseHtml(html).map(textOf).join("").split(/\s+/).filter(Boolean).length).toBeGreaterThan(0);
        },
      ),
    );
  });
});
