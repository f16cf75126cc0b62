import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTemplateTexts, formatText } from "../../../channels/whatsapp/format.ts";
import { formatInteractive } from "../../../channels/whatsapp/interactive.ts";
import { formatParts } from "../../../channels/whatsapp/parts.ts";
import { formatRecipient, isGroupId } from "../../../channels/whatsapp/recipient.ts";
import type { Attachment, Choice } from "../../../src/core/message.ts";
import { outbound } from "../../doubles/channel-context.ts";
import { describeFault } from "../../doubles/fake-whatsapp-rules.ts";

const address = { channel: "wa", chat: "15550100042" };
const makeChoices = (count: number, label = "Choice"): Choice[] =>
  Array.from({ length: count }, (_, index) => ({ label: `${label} ${index}`, command: `/pick ${index}` }));

/** What the API would say to it. */
const faultOf = (interactive: object | undefined): unknown =>
  describeFault({ messaging_product: "whatsapp", to: "1555", type: "interactive", interactive }, new Map());

describe("WhatsApp's marks", () => {
  it("show CommonMark", () => {
    const text = [
      "# Report *now*",
      "It is **all _fine_**, ~~not~~ `npm test`, see [the page](https://example.org/a).",
      "- one\n- two",
      "1. first\n2. second",
      "> quoted",
      "| name | state |\n| --- | --- |\n| api | up |",
      "```sh\nls -l\n```",
    ].join("\n\n");
    expect(formatText(text, 4_096)).toEqual([
      [
        "*Report _now_*",
        "It is *all _fine_*, ~not~ `npm test`, see the page (https://example.org/a).",
        "- one\n- two",
        "1. first\n2. second",
        "> quoted",
        "```\nname | state\n-----+------\napi  | up\n```",
        "```\nls -l\n```",
      ].join("\n\n"),
    ]);
  });

  it("hold on each line of their own", () => {
    expect(formatText("**two\nlines**", 4_096)).toEqual(["*two*\n*lines*"]);
  });

  it("are not what is written as words", () => {
    expect(formatText("\\*not bold\\* \\_a \\~b\\~ c\\_ and **bold \\`d\\`**", 4_096)).toEqual([
      "∗not bold∗ ˍa ∼b∼ cˍ and *bold ˋdˋ*",
    ]);
    expect(formatTemplateTexts("\\*not bold\\*")).toEqual(["∗not bold∗"]);
  });

  it("leave alone what WhatsApp takes for words, addresses and lone signs", () => {
    const text = "snake_case_names, 2 * 3 * 4, 5*6*7, ~/notes ~/old, *.ts, https://example.org/?q=*a*&r=_b_";
    expect(formatText(text.replaceAll("*", "\\*").replace("?q=\\*a\\*", "?q=*a*"), 4_096)).toEqual([text]);
  });

  it("keep within the limit, and lose no grapheme", () => {
    const graphemes = (text: string): string[] =>
      Array.from(
        new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text),
        ({ segment }) => segment,
      ).filter((each) => each.trim() !== "");
    const word = fc
      .string({ unit: fc.constantFrom("a", "b", " ", "é", "🙂", "👩‍👩‍👧", "Ж"), maxLength: 2_000 })
      // Four spaces at the start make code.
      .map((text) => text.trimStart());
    fc.assert(
      fc.property(word, fc.integer({ min: 50, max: 400 }), (text, limit) => {
        const parts = formatText(text, limit);
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(limit);
        expect(parts.flatMap(graphemes)).toEqual(graphemes(text));
      }),
    );
  });
});

describe("choices", () => {
  it("are buttons up to three, a list up to ten, and numbered beyond", () => {
    expect(formatInteractive("May I?", makeChoices(3))).toMatchObject({
      type: "button",
      body: { text: "May I?" },
      action: { buttons: [{ type: "reply", reply: { id: "/pick 0", title: "Choice 0" } }, {}, {}] },
    });
    expect(formatInteractive("Which?", makeChoices(10))).toMatchObject({ type: "list", action: { button: "Choose" } });
    expect(formatInteractive("Which?", makeChoices(11))).toBeUndefined();
    const { parts, isNumbered } = formatParts(outbound(address, "Which?", { choices: makeChoices(11) }), false);
    expect(isNumbered).toBe(true);
    expect(parts).toHaveLength(1);
    expect(parts[0]).toMatchObject({
      kind: "text",
      body: expect.stringContaining("11. Choice 10 (/pick 10)") as string,
    });
  });

  it("that buttons cannot tell apart are numbered", () => {
    expect(formatInteractive("?", makeChoices(2, "A label that is too long for a button"))).toBeUndefined();
    expect(formatInteractive("?", [{ label: "a", command: `/x ${"y".repeat(300)}` }])).toBeUndefined();
  });

  it("of groups are numbered", () => {
    expect(formatParts(outbound(address, "Which?", { choices: makeChoices(2) }), true).isNumbered).toBe(true);
  });

  it("come after a long text, which stays whole", () => {
    const { parts } = formatParts(outbound(address, "word ".repeat(400), { choices: makeChoices(2) }), false);
    expect(parts.map(({ kind }) => kind)).toEqual(["text", "interactive"]);
    expect(parts[1]).toMatchObject({ interactive: { body: { text: "Please choose:" } } });
  });

  it("are what the API takes, whatever they say", () => {
    const word = fc.string({
      unit: fc.constantFrom("a", "Ж", "🙂", "👩‍👩‍👧", " ", "e\u0301"),
      minLength: 1,
      maxLength: 60,
    });
    const choice = fc.record({ label: word, command: word.map((text) => `/${text}`) });
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 12 }), word, (choices, body) => {
        const interactive = formatInteractive(body, choices);
        if (interactive !== undefined) expect(faultOf(interactive)).toBeUndefined();
      }),
    );
  });
});

describe("files", () => {
  it("go out as what WhatsApp takes, and are named where it takes none", () => {
    const file = (name: string, mimeType: string, bytes = 1_000): Attachment => ({
      kind: "file",
      name,
      mimeType,
      bytes,
      path: name,
    });
    const attachments = [
      file("a.png", "image/png"),
      file("b.csv", "text/csv"),
      file("c.zip", "application/zip"),
      file("d.png", "image/png", 6e6),
    ];
    const { parts } = formatParts(outbound(address, "see", { attachments }), false);
    expect(parts).toEqual([
      {
        kind: "text",
        body: "see\n\n(The file c.zip cannot be sent: WhatsApp takes no files of its type or size.)\n\n(The file d.png cannot be sent: WhatsApp takes no files of its type or size.)",
      },
      { kind: "file", attachment: attachments[0] },
      { kind: "file", attachment: attachments[1] },
    ]);
  });
});

describe("the text of a template", () => {
  it("is one line without what templates refuse", () => {
    expect(formatTemplateTexts("# Done\n\n- **one**\n- two\n\n```\na    b\n```")).toEqual([
      "Done · - one · - two · a b",
    ]);
  });

  it("is as many pieces as it needs", () => {
    const pieces = formatTemplateTexts("word ".repeat(500));
    expect(pieces.length).toBe(3);
    expect(pieces.join(" ").match(/word/g)).toHaveLength(500);
    for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(1_000);
  });
});

describe("recipients", () => {
  it.each([
    ["15550100042", { recipient_type: "individual", to: "15550100042" }, false],
    ["US.13491208655302741918", { recipient_type: "individual", recipient: "US.13491208655302741918" }, false],
    ["US.ENT.11815799212886844830", { recipient_type: "individual", recipient: "US.ENT.11815799212886844830" }, false],
    ["Y2FwaV9ncm91cDox", { recipient_type: "group", to: "Y2FwaV9ncm91cDox" }, true],
  ])("%s", (chat, recipient, isGroup) => {
    expect(formatRecipient(chat)).toEqual(recipient);
    expect(isGroupId(chat)).toBe(isGroup);
  });
});
