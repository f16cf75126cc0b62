import fc from "fast-check";
import { expect, it } from "vitest";
import { platforms } from "../../channels/index.ts";
import { formats } from "./formats.ts";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Letters and emoji as people see them, in order. */
function readLetters(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment).filter((segment) =>
    /[\p{L}\p{Extended_Pictographic}\p{Regional_Indicator}]/u.test(segment),
  );
}

const letter = fc.constantFrom(
  "a",
  "Q",
  "ß",
  "é",
  "e\u0301",
  "ệ",
  "ü",
  "д",
  "ن",
  "ש",
  "नि",
  "한",
  "東",
  "👍🏽",
  "👩‍👩‍👧‍👦",
  "🏳️‍🌈",
  "🇩🇪",
  "🙂",
  "❤️",
);
const word = fc.oneof(
  { weight: 9, arbitrary: fc.array(letter, { minLength: 1, maxLength: 12 }).map((list) => list.join("")) },
  {
    weight: 1,
    arbitrary: fc.tuple(letter, fc.integer({ min: 100, max: 1_500 })).map(([one, count]) => one.repeat(count)),
  },
);
const words = fc.array(word, { minLength: 1, maxLength: 30 }).map((list) => list.join(" "));
const block = fc.oneof(
  words,
  words.map((text) => `**${text}**`),
  words.map((text) => `> ${text}`),
  words.map((text) => `# ${text}`),
  fc.array(words, { minLength: 1, maxLength: 8 }).map((items) => items.map((item) => `- ${item}`).join("\n")),
  fc.array(words, { minLength: 1, maxLength: 8 }).map((lines) => `\`\`\`\n${lines.join("\n")}\n\`\`\``),
  fc
    .array(word, { minLength: 1, maxLength: 6 })
    .map((cells) => `| ${cells.join(" | ")} |\n|${cells.map(() => "---|").join("")}\n| ${cells.join(" | ")} |`),
);
const text = fc.array(block, { minLength: 1, maxLength: 6 }).map((blocks) => blocks.join("\n\n"));

it.each(Object.keys(formats).filter((platform) => !["webchat", "webhook"].includes(platform)))(
  "keeps the address of links on %s that are defined at the end of a long text",
  async (platform) => {
    const numbers = Array.from({ length: 40 }, (_, index) => index + 100);
    const paragraphs = numbers.map((number) => `${"word ".repeat(60)}see [page ${number}][${number}].`);
    const definitions = numbers.map((number) => `[${number}]: https://example.org/page-${number}`);
    const shown = String(await formats[platform]?.show([...paragraphs, definitions.join("\n")].join("\n\n")));
    for (const number of numbers) expect(shown).toContain(`https://example.org/page-${number}`);
    expect(shown).not.toMatch(/\]\[|\]:/);
  },
);

it.each(Object.entries(formats).flatMap(([platform, { cut }]) => (cut === undefined ? [] : [{ platform, ...cut }])))(
  "cuts a long text on $platform into pieces that fit, and keeps every letter and emoji",
  async ({ platform, limit, pieces }) => {
    const most = limit ?? (await platforms[platform]?.traits())?.traits.maxTextLength ?? 0;
    fc.assert(
      fc.property(text, (written) => {
        const parts = pieces(written);
        expect(Math.max(0, ...parts.map(({ length }) => length))).toBeLessThanOrEqual(most);
        // Line ends between the parts: what a cut has torn apart does not grow together again.
        expect(readLetters(parts.map(({ words: each }) => each).join("\n"))).toEqual(readLetters(written));
      }),
      { numRuns: 40 },
    );
  },
);
