import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainText } from "../../../channels/_shared/markdown.ts";
import { formatCard } from "../../../channels/teams/card.ts";
import { escapeText, formatText } from "../../../channels/teams/format.ts";
import { formatMessageParts } from "../../../channels/teams/parts.ts";
import { traits } from "../../../channels/teams/traits.ts";
import type { Attachment } from "../../../src/core/message.ts";
import { outbound } from "../../doubles/channel-context.ts";

const address = { channel: "teams", chat: "a:1" };
const rich = `# Report

Load is **high** on *web1*, see \`top\` and ~~yesterday~~.
Second line with <b>tags</b> & [link](https://example.org/a?b=1).

| host | load |
| ---- | ---- |
| web1 | 0.7  |

1. first
2. second
   - deep

> quoted

\`\`\`sh
ls -l
  next
\`\`\`

![chart](https://example.org/c.png) [bad](javascript:x)

---`;

describe("formatText", () => {
  it("writes the markdown that Teams reads", () => {
    expect(formatText(rich)).toEqual([
      `**Report**

Load is **high** on *web1*, see \`top\` and ~~yesterday~~.

Second line with &lt;b>tags&lt;/b> & [link](https://example.org/a?b=1).

\`\`\`
host | load
-----+-----
web1 | 0.7
\`\`\`

1. first
2. second
   - deep

> quoted

\`\`\`sh
ls -l
  next
\`\`\`

[chart](https://example.org/c.png) bad

———`,
    ]);
  });

  it("keeps the paragraphs of a list item apart, and its code as it is", () => {
    const text =
      "- one\n\n  two\n  - deep\n\n    deeper\n\n  three\n\n  ```\n  a\n\n  - b\n  ```\n\n  > quoted\n- four\n  five";
    expect(formatText(text)).toEqual([
      "- one\n\n  two\n  - deep\n\n    deeper\n\n  three\n  ```\n  a\n\n  - b\n  ```\n  > quoted\n- four\n\n  five",
    ]);
  });

  it("keeps each part within the limit, also where marks grow", () => {
    for (const text of [
      "word ".repeat(5_000),
      "*_`<b>".repeat(3_000),
      "a\nb\n".repeat(5_000),
      `| a | b |\n| - | - |\n${"| 1 | 2 |\n".repeat(900)}`,
    ])
      for (const part of formatText(text)) expect(part.length).toBeLessThanOrEqual(traits.maxTextLength);
  });

  it("splits and joins without losing a word", () => {
    const words = Array.from({ length: 4_000 }, (_, index) => `w${index}`);
    expect(formatText(words.join(" ")).flatMap((part) => part.split(/\s+/))).toEqual(words);
  });
});

describe("escapeText", () => {
  it("lets text be read as what it is", () => {
    const text = fc
      .array(
        fc.constantFrom(
          "*",
          "_",
          "~~",
          "`",
          "[a](b)",
          "<b>",
          "&amp;",
          "#",
          "x",
          "snake_case",
          " ",
          "1",
          "\\",
          "-",
          "https",
        ),
        { minLength: 1, maxLength: 12 },
      )
      .map((parts) => `x${parts.join("")}x`)
      // Bare links are found by their look, which marks nothing.
      .filter((words) => !/https?:/.test(words));
    fc.assert(
      fc.property(text, (words) => {
        expect(plainText(escapeText(words))).toBe(words);
      }),
    );
  });

  it("leaves everyday words alone", () => {
    const text = "snake_case and 2 * 3 < 4, a[0] is C# & f(x) > 1 - 100%";
    expect(escapeText(text)).toBe(text);
  });
});

describe("formatCard", () => {
  const choices = Array.from({ length: 8 }, (_, index) => ({ label: `Choice ${index}`, command: `/pick ${index}` }));

  it("holds the text, code as it is, and buttons in rows of six", () => {
    const card = formatCard("May I **run**\n\n```\na * b\n  c\n```", [
      { label: "Yes", command: "/approve 1", style: "primary" },
      ...choices,
    ]);
    expect(card).toMatchObject({ type: "AdaptiveCard", version: "1.2" });
    expect(card.body.slice(0, 2)).toEqual([
      { type: "TextBlock", text: "May I **run**", wrap: true },
      {
        type: "RichTextBlock",
        inlines: [{ type: "TextRun", text: "a * b\n\u00a0\u00a0c", fontType: "Monospace" }],
      },
    ]);
    expect(card.body.slice(2).map((row) => (row as { actions: object[] }).actions.length)).toEqual([6, 3]);
    expect((card.body[2] as { actions: object[] }).actions[0]).toEqual({
      type: "Action.Submit",
      title: "Yes",
      data: { parlance: "/approve 1" },
      style: "positive",
    });
  });
});

describe("formatMessageParts", () => {
  const file = (extra: Partial<Attachment>): Attachment => ({
    kind: "file",
    name: "report.pdf",
    mimeType: "application/pdf",
    bytes: 1_000,
    path: "1",
    ...extra,
  });
  const kinds = (attachment: Attachment, ways: { isPersonal: boolean; hasLinks: boolean }): string[] =>
    formatMessageParts(outbound(address, "", { attachments: [attachment] }), ways).map(({ kind }) => kind);

  it("sends files as the chat lets it", () => {
    const png = file({ mimeType: "image/png", kind: "image" });
    expect(kinds(png, { isPersonal: false, hasLinks: false })).toEqual(["picture"]);
    expect(kinds({ ...png, bytes: 2_000_000 }, { isPersonal: true, hasLinks: false })).toEqual(["offer"]);
    expect(kinds(file({}), { isPersonal: true, hasLinks: true })).toEqual(["offer"]);
    expect(kinds(file({}), { isPersonal: false, hasLinks: true })).toEqual(["link"]);
    expect(kinds(file({}), { isPersonal: false, hasLinks: false })).toEqual(["text"]);
    expect(kinds(file({ bytes: 90_000_000 }), { isPersonal: true, hasLinks: true })).toEqual(["link"]);
  });

  it("gives links in a card the address that is defined elsewhere in the text", () => {
    const message = outbound(
      address,
      `${"word ".repeat(1_300)}\n\n[page][1]\n\n# End\n\n[1]: https://example.org/page`,
      {
        choices: [{ label: "A", command: "/a" }],
      },
    );
    const parts = formatMessageParts(message, { isPersonal: true, hasLinks: false });
    const shown = parts.map((part) => (part.kind === "card" ? formatCard(part.markdown, part.choices) : part));
    expect(JSON.stringify(shown)).toContain("[page](https://example.org/page)");
    expect(JSON.stringify(formatCard("[page][1]\n\n[1]: https://example.org/page", []))).toContain(
      "[page](https://example.org/page)",
    );
  });

  it("puts the end of a long text into the card", () => {
    const message = outbound(address, "word ".repeat(4_000), { choices: [{ label: "A", command: "/a" }] });
    const parts = formatMessageParts(message, { isPersonal: true, hasLinks: false });
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.map(({ kind }) => kind)).toEqual([...parts.slice(1).map(() => "text"), "card"]);
  });
});
