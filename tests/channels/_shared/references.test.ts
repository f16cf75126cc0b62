import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitMarkdown } from "../../../channels/_shared/chunk.ts";
import { plainText } from "../../../channels/_shared/markdown.ts";
import { inlineReferences } from "../../../channels/_shared/references.ts";

const definitions = "\n\n[1]: https://example.org/a\n[Two words]: <https://example.org/b (c)> 'Title'";

describe("inlineReferences", () => {
  it.each([
    ["see [text][1]", "see [text](https://example.org/a)"],
    ["[1] and [1][]", "[1](https://example.org/a) and [1](https://example.org/a)"],
    ["[**a** b][two  WORDS]", "[**a** b](<https://example.org/b (c)>)"],
    [
      "![cat][1] [![cat][1]][1]",
      "![cat](https://example.org/a) [![cat](https://example.org/a)](https://example.org/a)",
    ],
    [
      "**bold [t][1]** `[t][1]` \\[t][1] [t](x)",
      "**bold [t](https://example.org/a)** `[t][1]` \\[t][1](https://example.org/a) [t](x)",
    ],
    ["# [t][1]\n\n```\n[t][1]\n```", "# [t](https://example.org/a)\n\n```\n[t][1]\n```"],
    [
      "- a [t][1]\n  b [t][1]\n  - c\n\n    [t][1]",
      "- a [t](https://example.org/a)\n  b [t](https://example.org/a)\n  - c\n\n    [t](https://example.org/a)",
    ],
    ["> a [t][1]\n> > b [t\n> > u][1]", "> a [t](https://example.org/a)\n> > b [t\n> > u](https://example.org/a)"],
    [
      "| a | b |\n|---|---|\n| `x \\| y` | [t][1] |",
      "| a | b |\n|---|---|\n| `x \\| y` | [t](https://example.org/a) |",
    ],
    ["- [x] done [t][1]", "- [x] done [t](https://example.org/a)"],
  ])("%j", (text, expected) => {
    expect(inlineReferences(text + definitions)).toBe(expected);
    expect(plainText(expected)).toBe(plainText(text + definitions));
  });

  it("takes the first of two definitions, wherever they stand", () => {
    expect(inlineReferences("[a]: x\n\n[a]\n\n> [a]: y\n\nb\r\nc")).toBe("[a]: x\n\n[a](x)\n\n> [a]: y\n\nb\nc");
  });

  it("leaves alone what has no definition, and what nests too deeply", () => {
    for (const text of ["[a][b] c]: d  \n", "a\r\nb", `${">".repeat(20_000)}[a]\n\n[a]: x`])
      expect(inlineReferences(text)).toBe(text);
  });

  it("changes no word and no address", () => {
    const piece = fc.constantFrom("a", "[t][1]", "**[1]**", "![i][1]", "[b *c*][two words]", "`[t][1]`", "(d)", "[e]");
    const line = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(" "));
    const lines = fc.array(line, { minLength: 1, maxLength: 3 });
    const { block } = fc.letrec<{ block: string }>((tie) => {
      const blocks = fc.array(tie("block"), { minLength: 1, maxLength: 3 }).map((list) => list.join("\n\n"));
      return {
        block: fc.oneof(
          { maxDepth: 3 },
          lines.map((list) => list.join("\n")),
          line.map((words) => `## ${words}`),
          lines.map((list) => `\`\`\`\n${list.join("\n")}\n\`\`\``),
          line.map((words) => `| a |\n| --- |\n| ${words} |`),
          blocks.map((text) => text.replaceAll(/^/gm, "> ")),
          blocks.map((text) => `- ${text.replaceAll(/\n(?=.)/g, "\n  ")}`),
        ),
      };
    });
    const text = fc.array(block, { minLength: 1, maxLength: 4 }).map((list) => list.join("\n\n") + definitions);
    fc.assert(
      fc.property(text, (written) => {
        const inlined = inlineReferences(written);
        expect(plainText(inlined)).toBe(plainText(written));
        expect(inlined.replaceAll(/```[^]*?```|`[^`]*`/g, "")).not.toContain("][");
      }),
      { numRuns: 300 },
    );
  });
});

describe("splitMarkdown", () => {
  it("gives back what fits as it was written", () => {
    const text = `[t][1]${definitions}`;
    expect(splitMarkdown(text, 200)).toEqual([text]);
  });

  it("keeps the address of a link that is defined in another part", () => {
    expect(splitMarkdown(`[one][1] is here\n\nand [two][1]\n\n[1]: https://example.org/a`, 50)).toEqual([
      "[one](https://example.org/a) is here",
      "and [two](https://example.org/a)",
    ]);
  });
});
