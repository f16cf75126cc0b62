import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCommand, keepLongCommands, loadCommand } from "../../../channels/telegram/callback-data.ts";
import { formatKeyboard, formatText, visibleText } from "../../../channels/telegram/format.ts";
import { traits } from "../../../channels/telegram/traits.ts";
import { createTestDisk } from "../../doubles/channel-context.ts";

describe("formatText", () => {
  it.each([
    ["**a** _b_ ~~c~~ `d<e`", "<b>a</b> <i>b</i> <s>c</s> <code>d&lt;e</code>"],
    ["# Title **x**\n\ntext", "<b>Title x</b>\n\ntext"],
    ["```ts\nif (a < b) {}\n```", '<pre><code class="language-ts">if (a &lt; b) {}</code></pre>'],
    ["```\nplain\n```", "<pre>plain</pre>"],
    ['[a & b](https://example.org/?q="1"&r=2)', '<a href="https://example.org/?q=&quot;1&quot;&amp;r=2">a &amp; b</a>'],
    ["[run](javascript:alert(1))", "run"],
    ["- a\n- b\n  1. c", "• a\n• b\n  1. c"],
    ["|name|n|\n|-|-|\n|Ada|1|", "<pre>name | n\n-----+--\nAda  | 1</pre>"],
    ["> a\n> > b", "<blockquote>a\n\nb</blockquote>"],
    ["<b>raw</b> & co", "&lt;b&gt;raw&lt;/b&gt; &amp; co"],
    ["@ada_l please", "@ada_l please"],
  ])("%j", (markdown, html) => {
    expect(formatText(markdown)).toEqual([html]);
  });

  it("gives nothing for a blank text", () => {
    expect(formatText(" \n")).toEqual([]);
  });

  it("stays within the limit when the layout makes a text longer", () => {
    const row = `|${"a|".repeat(20)}\n`;
    const table = `|${"a|".repeat(20)}\n|${"-|".repeat(20)}\n${row.repeat(60)}|${"wide".repeat(200)}|\n`;
    for (const part of formatText(table)) expect(visibleText(part).length).toBeLessThanOrEqual(traits.maxTextLength);
  });

  it("always balances its tags", () => {
    const marks = fc.constantFrom(
      "**",
      "_",
      "~~",
      "`",
      "```\n",
      "> ",
      "- ",
      "# ",
      "[a](https://example.org)",
      "<b>",
      "\n\n",
      "word",
      "|a|b|\n|-|-|\n|1|2|\n",
    );
    fc.assert(
      fc.property(fc.array(marks, { maxLength: 30 }), (pieces) => {
        for (const html of formatText(pieces.join(" "))) {
          const open: string[] = [];
          for (const [, slash, tag = ""] of html.matchAll(/<(\/?)([a-z]+)[^>]*>/g)) {
            if (slash === "") open.push(tag);
            else expect(open.pop()).toBe(tag);
          }
          expect(open).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("buttons", () => {
  it("puts short labels side by side", () => {
    const choices = ["Approve", "Deny", "Ask me again in an hour, please"].map((label, index) => ({
      label,
      command: `/c ${index}`,
    }));
    expect(formatKeyboard(choices, encodeCommand).inline_keyboard.map((row) => row.map(({ text }) => text))).toEqual([
      ["Approve", "Deny"],
      ["Ask me again in an hour, please"],
    ]);
  });

  it("carries a command longer than a button can, over a restart", async () => {
    const { state, entries } = createTestDisk();
    const long = { label: "Run", command: `/run ${"ü".repeat(60)}` };
    const short = { label: "Run", command: "/approve 3f9a" };
    const data = encodeCommand(long.command);
    expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
    expect(await loadCommand(data, state)).toBeUndefined();
    await keepLongCommands([long, short], state);
    expect(await loadCommand(data, state)).toBe(long.command);
    expect(encodeCommand(short.command)).toBe(short.command);
    expect(entries.size).toBe(1);
  });

  it("lets nobody pass a command off as a kept one", () => {
    expect(encodeCommand("long:abc")).toMatch(/^long:[\w-]{43}$/);
  });
});
