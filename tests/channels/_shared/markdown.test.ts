import { describe, expect, it } from "vitest";
import {
  escapeMarkdown,
  plainText,
  renderMarkdown,
  type MarkdownRenderer,
} from "../../../channels/_shared/markdown.ts";

const tags: MarkdownRenderer = {
  text: (text) => text.replaceAll("<", "‹"),
  bold: (content) => `[b ${content}]`,
  italic: (content) => `[i ${content}]`,
  strike: (content) => `[s ${content}]`,
  code: (code) => `[c ${code}]`,
  fence: (code, language) => `[f:${language} ${code}]`,
  link: (content, href) => `[a:${href} ${content}]`,
  image: (content, href) => `[img:${href} ${content}]`,
  list: (items, start) => `[l:${start ?? "-"} ${items.join(";")}]`,
  table: (header, rows) =>
    `[t ${[header, ...rows].map((row) => row.map((cell) => cell.rendered).join(",")).join(";")}]`,
  heading: (content, level) => `[h${level} ${content}]`,
  quote: (content) => `[q ${content}]`,
  rule: () => "[hr]",
};

describe("renderMarkdown", () => {
  it.each([
    ["a **b _c_** ~~d~~ `e*f`", "a [b b [i c]] [s d] [c e*f]"],
    ["# T\n\npara\nline two", "[h1 T]\n\npara\nline two"],
    ["```ts\nx < 1;\n```", "[f:ts x < 1;]"],
    ["[t](https://example.org?a=1&amp;b=2)", "[a:https://example.org?a=1&b=2 t]"],
    ["![alt](https://example.org/i.png)", "[img:https://example.org/i.png alt]"],
    ["- a\n- [x] b\n- [ ] c", "[l:- a;☑ b;☐ c]"],
    ["3. a\n4. b\n   - c", "[l:3 a;b\n[l:- c]]"],
    ["| h | i |\n|---|---|\n| **1** | `2` |", "[t h,i;[b 1],[c 2]]"],
    ["> a\n>\n> b", "[q a\n\nb]"],
    ["a\n\n---\n\nb", "a\n\n[hr]\n\nb"],
    ["1 &lt; 2 &amp; &copy; \\* <b>x</b><br>y", "1 ‹ 2 & &copy; * ‹b>x‹/b>\ny"],
  ])("%j", (markdown, expected) => {
    expect(renderMarkdown(markdown, tags)).toBe(expected);
  });

  it("gives words to be escaped in one piece, so that a mark is seen beside what it could mark", () => {
    const show = (markdown: string): string => renderMarkdown(markdown, { ...tags, text: (text) => `{${text}}` });
    expect(show("\\# a \\*b\\* \\[c\\](https) <i>d</i> **e** f")).toBe("{# a *b* [c](https) <i>d</i> }[b {e}]{ f}");
    expect(show("a  \nb\\\nc<br>d\ne")).toBe("{a\nb\nc\nd\ne}");
  });

  it("shows what nests too deeply as it was written", () => {
    const text = `${">".repeat(20_000)}a`;
    expect(renderMarkdown(text, tags)).toBe(text);
  });
});

describe("plainText", () => {
  it("keeps the words, numbers the lists, aligns tables", () => {
    expect(plainText("**Hi** [docs](https://example.org) <https://example.org>")).toBe(
      "Hi docs (https://example.org) https://example.org",
    );
    expect(plainText("1. a\n2. b\n   - c\n")).toBe("1. a\n2. b\n   • c");
    expect(plainText("|name|n|\n|-|-|\n|Ada|1|")).toBe("name | n\n-----+--\nAda  | 1");
  });

  it("aligns columns as a fixed-width font shows them", () => {
    const table = ["|a|centre|right|", "|-|:-:|-:|", "|東京|x|1|", "|👩‍👩‍👧‍👦|xyz|1,234|", "|e\u0301|||"].join("\n");
    expect(plainText(table).split("\n")).toEqual([
      "a    | centre | right",
      "-----+--------+------",
      "東京 |   x    |     1",
      "👩‍👩‍👧‍👦   |  xyz   | 1,234",
      "e\u0301    |        |",
    ]);
  });

  it("shows a mail address without its scheme", () => {
    expect(plainText("[Ada](mailto:ada@example.org)")).toBe("Ada (ada@example.org)");
  });

  it("undoes escapeMarkdown", () => {
    for (const text of [
      "*a* _b_ `c` [d](e) <f> ~~g~~ \\",
      "# no heading",
      "- no list",
      "1. no list",
      "> no quote",
      "a_b_c 2*3*4",
    ]) {
      expect(plainText(escapeMarkdown(text))).toBe(text);
    }
  });
});
