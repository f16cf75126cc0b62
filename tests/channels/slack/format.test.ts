import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCommand, formatButtons, keepLongCommands, loadCommand } from "../../../channels/slack/buttons.ts";
import { formatFallback, formatText, type FormattedPart } from "../../../channels/slack/format.ts";
import { formatMessageParts, formatShown } from "../../../channels/slack/parts.ts";
import { traits } from "../../../channels/slack/traits.ts";
import { plainText } from "../../../channels/_shared/markdown.ts";
import { createTestDisk, outbound } from "../../doubles/channel-context.ts";
import { findBlockFault, showBlocks } from "../../doubles/fake-slack-blocks.ts";
import type { FakeBlock } from "../../doubles/fake-slack-store.ts";

const blocksOf = ({ blocks }: FormattedPart): readonly FakeBlock[] => blocks as unknown as readonly FakeBlock[];
const attachmentsOf = ({ table }: FormattedPart): readonly { blocks: readonly FakeBlock[] }[] =>
  table === undefined ? [] : [{ blocks: [table as unknown as FakeBlock] }];
const shownBy = (part: FormattedPart): string =>
  showBlocks([...blocksOf(part), ...attachmentsOf(part).flatMap(({ blocks }) => blocks)]);

/** The elements of the only rich text block. */
function elementsOf(markdown: string): unknown {
  const parts = formatText(markdown);
  expect(parts).toHaveLength(1);
  expect(parts[0]?.blocks).toHaveLength(1);
  const [block] = parts[0]?.blocks ?? [];
  return block?.type === "rich_text" ? block.elements : block;
}

const section = (...elements: object[]): object => ({ type: "rich_text_section", elements });
const text = (words: string, style?: object): object => ({
  type: "text",
  text: words,
  ...(style === undefined ? {} : { style }),
});

describe("formatText", () => {
  it.each<[string, object[]]>([
    [
      "**a** _b_ ~~c~~ `d<e`",
      [
        section(
          text("a", { bold: true }),
          text(" "),
          text("b", { italic: true }),
          text(" "),
          text("c", { strike: true }),
          text(" "),
          text("d<e", { code: true }),
        ),
      ],
    ],
    ["one\n\ntwo", [section(text("one"), text("\n\n")), section(text("two"))]],
    ["### small **x**", [section(text("small x", { bold: true }))]],
    ["```ts\nif (a < b) {}\n```", [{ type: "rich_text_preformatted", elements: [text("if (a < b) {}")] }]],
    [
      "[a & b](https://example.org/?q=1&r=2) <https://example.org>",
      [
        section({ type: "link", url: "https://example.org/?q=1&r=2", text: "a & b" }, text(" "), {
          type: "link",
          url: "https://example.org",
        }),
      ],
    ],
    ["[**run**](javascript:alert(1))", [section(text("run", { bold: true }))]],
    ["![logo](https://example.org/a.png)", [section({ type: "link", url: "https://example.org/a.png", text: "logo" })]],
    ["> a\n> b", [{ type: "rich_text_quote", elements: [text("a\nb")] }]],
    ["<b>raw</b> & &amp; co", [section(text("<b>raw</b> & & co"))]],
    [
      "<@U0BOB> see <#C0OPS>",
      [section({ type: "user", user_id: "U0BOB" }, text(" see "), { type: "channel", channel_id: "C0OPS" })],
    ],
    ["<!channel> @here <!subteam^S1|@oncall>", [section(text("@channel @here @oncall"))]],
    [
      "- [x] done\n- [ ] open",
      [
        {
          type: "rich_text_list",
          style: "bullet",
          indent: 0,
          elements: [section(text("☑ done")), section(text("☐ open"))],
        },
      ],
    ],
  ])("%j", (markdown, elements) => {
    expect(elementsOf(markdown)).toEqual(elements);
  });

  it("keeps the levels and numbers of lists", () => {
    const list = (style: string, indent: number, words: string[], offset?: number): object => ({
      type: "rich_text_list",
      style,
      indent,
      elements: words.map((each) => section(text(each))),
      ...(offset === undefined ? {} : { offset }),
    });
    expect(elementsOf("1. a\n   - b\n2. c\n\n   ```\n   d\n   ```\n3. e")).toEqual([
      list("ordered", 0, ["a"]),
      list("bullet", 1, ["b"]),
      list("ordered", 0, ["c"], 1),
      { type: "rich_text_preformatted", elements: [text("d")] },
      list("ordered", 0, ["e"], 2),
    ]);
  });

  it("shows headings and rules as such, and a table below the text before it", () => {
    const parts = formatText("# Title **x**\n\nbefore\n\n|name|n|\n|-|-:|\n|**Ada**||\n\n---\n\nbehind");
    expect(parts.map(({ blocks }) => blocks.map(({ type }) => type))).toEqual([
      ["header", "rich_text"],
      ["divider", "rich_text"],
    ]);
    const cell = (...elements: object[]): object => ({ type: "rich_text", elements: [section(...elements)] });
    expect(parts[0]?.table).toEqual({
      type: "table",
      rows: [
        [cell(text("name", { bold: true })), cell(text("n", { bold: true }))],
        [cell(text("Ada", { bold: true })), cell(text(" "))],
      ],
      column_settings: [
        { align: "left", is_wrapped: true },
        { align: "right", is_wrapped: true },
      ],
    });
    expect(parts[0]?.plain).toBe("Title x\n\nbefore\n\nname | n\n-----+--\nAda  |");
  });

  it("divides long tables and draws wide ones", () => {
    const rows = Array.from({ length: 250 }, (_, index) => `|r${index}|x|\n`).join("");
    const parts = formatText(`|a|b|\n|-|-|\n${rows}`);
    expect(parts.length).toBeGreaterThanOrEqual(3);
    expect(parts.flatMap(({ table }) => table?.rows.slice(1) ?? [])).toHaveLength(250);
    const wide = formatText(`|${"a|".repeat(25)}\n|${"-|".repeat(25)}\n|${"b|".repeat(25)}\n`);
    expect(wide[0]?.table).toBeUndefined();
    expect(wide.map(shownBy).join("\n").match(/b/g)).toHaveLength(25);
  });

  it("gives nothing for a blank text", () => {
    expect(formatText(" \n")).toEqual([]);
  });

  it("outlives absurd nesting", () => {
    expect(formatText(">".repeat(20_000)).every(({ blocks }) => blocks.length <= 45)).toBe(true);
    expect(formatText(`${"- ".repeat(3_000)}x`).length).toBeGreaterThan(0);
  });

  const marks = fc.constantFrom(
    ..."**|_|~~|`|```\n|> |- |1. |# |---\n|[a](https://example.org)|<b>|<!here>|<@U1>|&amp;|\n\n|\n|word |é👍🏽|👩‍👩‍👧 ".split(
      "|",
    ),
    "|a|b|\n|-|-|\n|1|2|\n",
    "|a|\n|-|\n||\n\n",
  );
  const documents = fc.array(marks, { maxLength: 400 }).map((pieces) => pieces.join(""));

  it("is never refused by Slack, and calls nobody but people", () => {
    fc.assert(
      fc.property(documents, (markdown) => {
        for (const part of formatText(markdown)) {
          expect(findBlockFault(blocksOf(part), attachmentsOf(part))).toBeUndefined();
          expect(shownBy(part).length).toBeLessThanOrEqual(traits.maxTextLength * 1.5);
          expect(JSON.stringify(part.blocks)).not.toMatch(/"broadcast"|"usergroup"/);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("loses no word of plain text, and cuts no grapheme", () => {
    const words = fc.array(fc.constantFrom("Ada ", "naïve\n", "👩‍👩‍👧 ", "é👍🏽 ", "x".repeat(500), "日本語", "\n\n"), {
      minLength: 1,
      maxLength: 60,
    });
    const squeeze = (words_: string): string => words_.replaceAll(/\s+/g, "");
    fc.assert(
      fc.property(words, (pieces) => {
        const given = pieces.join("");
        const parts = formatText(given);
        expect(squeeze(parts.map(shownBy).join(""))).toBe(squeeze(plainText(given)));
        const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
        const count = (of: string): number => [...graphemes.segment(squeeze(of))].length;
        expect(parts.reduce((sum, part) => sum + count(shownBy(part)), 0)).toBe(count(given));
      }),
    );
  });

  it("is the same in every attempt", () => {
    fc.assert(
      fc.property(documents, (markdown) => {
        expect(formatText(markdown)).toEqual(formatText(markdown));
      }),
      { numRuns: 50 },
    );
  });

  it("says beside the blocks what notifications show, free of marks", () => {
    expect(formatFallback("a < b & <!here>")).toBe("a &lt; b &amp; &lt;!here&gt;");
    expect(formatFallback("word ".repeat(2_000)).length).toBeLessThanOrEqual(3_001);
  });
});

describe("parts", () => {
  it("carry the buttons below the last text, and a mark on the first block", () => {
    const message = outbound({ channel: "slack", chat: "D0ADA" }, `${"word ".repeat(1_200)}end`, {
      choices: [{ label: "Approve", command: "/approve 1", style: "primary" }],
    });
    const parts = formatMessageParts(message);
    expect(parts.map((part) => (part.kind === "text" ? part.buttons.length : -1))).toEqual([0, 1]);
    const [first] = parts;
    if (first?.kind !== "text") throw new Error("no text");
    expect(formatShown(first, { id: message.id, index: 0 }).blocks[0]).toMatchObject({
      block_id: `parlance_part:${message.id}:0`,
    });
    expect(formatShown(first, { id: message.id, index: 0, isEdit: true }).blocks[0]).not.toMatchObject({
      block_id: `parlance_part:${message.id}:0`,
    });
  });

  it("ask for a choice where there are no words", () => {
    const message = outbound({ channel: "slack", chat: "D0ADA" }, "", { choices: [{ label: "A", command: "/a" }] });
    expect(formatMessageParts(message)).toHaveLength(1);
  });
});

describe("buttons", () => {
  it("stay within Slack's limits", () => {
    const choices = Array.from({ length: 30 }, (_, index) => ({
      label: index === 0 ? "" : `${"long ".repeat(20)}${index}`,
      command: index === 1 ? `/x ${"y".repeat(3_000)}` : `/pick ${index}`,
    }));
    const rows = formatButtons(choices);
    expect(rows.map(({ elements }) => elements.length)).toEqual([25, 5]);
    expect(findBlockFault(rows as unknown as readonly FakeBlock[], [])).toBeUndefined();
  });

  it("find long commands again, and take no command for the name of one", async () => {
    const { state, entries } = createTestDisk();
    const long = `/approve ${"x".repeat(2_500)}`;
    const fake = "long:abc";
    await keepLongCommands(
      [
        { label: "a", command: long },
        { label: "b", command: "/b" },
        { label: "c", command: fake },
      ],
      state,
    );
    expect(entries.size).toBe(2);
    for (const command of [long, "/b", fake]) expect(await loadCommand(encodeCommand(command), state)).toBe(command);
    expect(await loadCommand("long:unknown", state)).toBeUndefined();
  });
});
