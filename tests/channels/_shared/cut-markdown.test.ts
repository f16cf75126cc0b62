import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitMarkdown, splitText } from "../../../channels/_shared/chunk.ts";
import { parseMarkdown, plainText } from "../../../channels/_shared/markdown.ts";

interface Node {
  readonly type?: string;
  readonly href?: string;
  readonly text?: string;
  readonly tokens?: readonly Node[];
  readonly items?: readonly Node[];
}

/** Everything in it, depth first. */
function flatten(nodes: readonly Node[]): readonly Node[] {
  return nodes.flatMap((node) => [node, ...flatten(node.tokens ?? node.items ?? [])]);
}

const nodesOf = (text: string): readonly Node[] => flatten(parseMarkdown(text));
const addresses = (text: string): readonly string[] =>
  nodesOf(text).flatMap(({ type, href }) =>
    (type === "link" || type === "image") && href !== undefined ? [href] : [],
  );

const word = fc.stringMatching(/^[a-zé漢]{1,9}$/u);
const words = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(word, { minLength: 1, maxLength }).map((list) => list.join(" "));
const address = fc.stringMatching(/^[a-z0-9]{1,12}$/).map((path) => `https://example.org/${path}`);
const link = (maxWords: number): fc.Arbitrary<string> =>
  fc.tuple(words(maxWords), address).map(([text, url]) => `[${text}](${url})`);
const piece = fc.oneof(
  words(6),
  link(6),
  link(40),
  words(30).map((text) => `**${text}**`),
  words(4).map((text) => `*${text}*`),
  words(4).map((text) => `\`${text}\``),
  fc.tuple(words(3), link(10)).map(([text, linked]) => `**${text} ${linked}**`),
  address,
);
const paragraph = fc.array(piece, { minLength: 1, maxLength: 8 }).map((list) => list.join(" "));
const markdown = fc.array(paragraph, { minLength: 1, maxLength: 4 }).map((list) => list.join("\n\n"));
const limit = fc.integer({ min: 90, max: 300 });

describe("parts of markdown", () => {
  it("are read each for itself: no mark stands alone, and no address or word is lost", () => {
    fc.assert(
      fc.property(markdown, limit, (text, max) => {
        const parts = splitMarkdown(text, max);
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(max);
          expect(plainText(part)).not.toMatch(/[[\]*`]/);
        }
        expect(new Set(parts.flatMap(addresses))).toEqual(new Set(addresses(text)));
        const wordsOf = (read: string): string => read.replaceAll(/https:\S+|[\s()]/g, "");
        expect(wordsOf(parts.map(plainText).join(" "))).toBe(wordsOf(plainText(text)));
      }),
      { numRuns: 500 },
    );
  });

  it("keep a link whole where it fits", () => {
    const linked = "[see the notes](https://example.org/notes)";
    for (const split of [splitText, splitMarkdown])
      expect(split(`${"word ".repeat(5)}${linked} and more words`, 50)).toEqual([
        "word word word word word",
        `${linked} and`,
        "more words",
      ]);
  });

  it("carry the address each where a link is longer than a part", () => {
    expect(splitMarkdown(`[${"many words ".repeat(6)}here](https://e.org/a)`, 50)).toEqual([
      "[many words many words many](https://e.org/a)",
      "[words many words many words](https://e.org/a)",
      "[many words here](https://e.org/a)",
    ]);
  });

  it("name an address that is too long to be repeated once, by itself", () => {
    const url = `https://example.org/${"a".repeat(60)}`;
    const parts = splitMarkdown(`[${"many words ".repeat(8)}here](${url})`, 100);
    expect(parts.flatMap(addresses)).toEqual([url]);
    expect(parts.join(" ")).not.toContain("[");
  });

  it("leave code as it is, whatever it looks like", () => {
    const code = `\`\`\`\n${"x = a[b c](d e) ** f ** g\n".repeat(10)}\`\`\``;
    expect(
      splitMarkdown(code, 80)
        .join("")
        .replaceAll(/```|\s/g, ""),
    ).toBe(code.replaceAll(/```|\s/g, ""));
  });
});
