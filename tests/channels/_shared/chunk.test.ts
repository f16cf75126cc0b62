import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitText } from "../../../channels/_shared/chunk.ts";

const words = fc.stringMatching(/^(?:[a-zé漢]|👍🏽){1,6}$/u);
const sentence = fc.array(words, { minLength: 1, maxLength: 30 }).map((list) => list.join(" "));
const code = fc
  .tuple(
    fc.constantFrom("", "ts", "sh"),
    fc.array(fc.stringMatching(/^ {0,4}[a-z(){};=]{1,30}$/), { minLength: 1, maxLength: 20 }),
  )
  .map(([language, lines]) => `\`\`\`${language}\n${lines.join("\n")}\n\`\`\``);
const markdown = fc.array(fc.oneof(sentence, code), { maxLength: 8 }).map((blocks) => blocks.join("\n\n"));
const cases = fc.oneof(
  fc.tuple(markdown, fc.integer({ min: 40, max: 200 })),
  fc.tuple(fc.string({ unit: "grapheme", maxLength: 60 }), fc.integer({ min: 4, max: 40 })),
);

describe("splitText", () => {
  it("keeps every part within the limit and visible, and loses no visible character", () => {
    fc.assert(
      fc.property(cases, ([text, limit]) => {
        const parts = splitText(text, limit);
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(limit);
          expect(part).toMatch(/\S/);
        }
        expect(visible(parts.join("\n"))).toBe(visible(text));
      }),
      { numRuns: 500 },
    );
  });

  it("leaves no part with half a code fence", () => {
    fc.assert(
      fc.property(markdown, fc.integer({ min: 40, max: 200 }), (text, limit) => {
        for (const part of splitText(text, limit)) expect((part.match(/^```/gm) ?? []).length % 2).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it("gives a text that fits back unchanged, and nothing for a blank one", () => {
    expect(splitText("  a\n\n b ", 9)).toEqual(["  a\n\n b "]);
    expect(splitText(" \n\t ", 2)).toEqual([]);
    expect(splitText("", 10)).toEqual([]);
  });

  it("prefers a blank line, then a line end, then a word end", () => {
    expect(splitText("one two\n\nthree\nfour", 16)).toEqual(["one two", "three\nfour"]);
    expect(splitText("one two\nthree four", 15)).toEqual(["one two", "three four"]);
    expect(splitText("one two three", 9)).toEqual(["one two", "three"]);
  });

  it("opens a cut fence again with its language, and keeps the indentation of code", () => {
    expect(splitText("```ts\nfirst();\n  second();\n  third();\n```", 32)).toEqual([
      "```ts\nfirst();\n  second();\n```",
      "```ts\n  third();\n```",
    ]);
  });

  it("never cuts a grapheme that fits", () => {
    expect(splitText("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 12)).toEqual(["👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"]);
  });

  it("cuts a long row of flags between flags", () => {
    for (const before of ["", "a", "ab", "abc"]) {
      const parts = splitText(before + "🇩🇪".repeat(300), 402);
      expect(parts.join("").length).toBe(before.length + 1_200);
      for (const part of parts.slice(1)) expect(part).toMatch(/^(?:🇩🇪)+$/u);
    }
  });

  it("works in a time that grows with the text", () => {
    const parts = splitText("word ".repeat(100_000), 4_096);
    expect(parts.length).toBeGreaterThan(120);
    expect(parts.length).toBeLessThan(126);
  });
});

/** All but white space and fence lines, which cuts may add. */
function visible(text: string): string {
  return text.replaceAll(/^\s*(?:`{3,}|~{3,}).*$/gm, "").replaceAll(/\s+/g, "");
}
