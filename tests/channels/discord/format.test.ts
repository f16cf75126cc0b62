import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatButtons, listRest } from "../../../channels/discord/components.ts";
import { formatCommands } from "../../../channels/discord/commands.ts";
import { encodeCommand, keepLongCommands, loadCommand } from "../../../channels/discord/custom-id.ts";
import { escapeText, formatText } from "../../../channels/discord/format.ts";
import { formatNonce, formatParts } from "../../../channels/discord/parts.ts";
import { createTestDisk, outbound } from "../../doubles/channel-context.ts";
import { findFault } from "../../doubles/fake-discord-schema.ts";

const show = (markdown: string): string => formatText(markdown).join("\n=====\n");
const address = { channel: "disc", chat: "1" };

describe("markdown", () => {
  it.each([
    ["**bold** _italic_ ~~gone~~ `code`", "**bold** *italic* ~~gone~~ `code`"],
    ["# one\n\n### three\n\n#### four", "# one\n\n### three\n\n**four**"],
    ["- a\n- b\n  - c\n\n1. x\n2. y", "- a\n- b\n  - c\n\n1. x\n2. y"],
    ["> quoted\n> twice", "> quoted\n> twice"],
    ["```ts\nconst a = 1;\n```", "```ts\nconst a = 1;\n```"],
    ["[here](https://example.org/a_(b))", "[here](https://example.org/a_%28b%29)"],
    ["https://example.org/snake_case_name", "https://example.org/snake_case_name"],
    ["[https://example.org](https://example.com)", "https://example.org (https://example.com)"],
    ["[write](mailto:ada@example.org)", "write (ada@example.org)"],
    ["![a plan](https://example.org/plan.png)", "[a plan](https://example.org/plan.png)"],
    ["---", "⎯⎯⎯⎯⎯⎯⎯⎯"],
    ["| a | b |\n|---|---|\n| 1 | two |", "```\na | b\n--+----\n1 | two\n```"],
    ["`` a`b ``", "`` a`b ``"],
    ["2 \\* 3 = 6, snake\\_case", "2 \\* 3 = 6, snake\\_case"],
  ])("%j", (markdown, shown) => expect(show(markdown)).toBe(shown));

  it("shows what would name people, roles, channels or commands as it was written", () => {
    expect(show("<@1> <@&2> <#3> </help:4> <t:5:R> 1 < 2")).toBe("\\<@1> \\<@&2> \\<#3> \\</help:4> \\<t:5:R> 1 < 2");
  });

  it("lets no code end early", () => {
    expect(show("````\na\n```\nb\n````")).toBe("```\na\n`\u200b`\u200b`\nb\n```");
  });

  it("takes no word for a mark at the beginning of a line", () => {
    expect(escapeText("# a\n> b\n- c\n1. d\n-# e")).toBe("\\# a\n\\> b\n\\- c\n1\\. d\n\\-# e");
  });
});

describe("splitting", () => {
  const visible = (text: string): string => text.replaceAll(/[\s\\`]|\u200b/g, "");

  it("keeps every grapheme, within the limit", () => {
    const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => {
        const text = words.join(" ").replaceAll(/[^\p{L}\p{N}\p{Emoji_Presentation} ]/gu, "");
        const parts = formatText(text);
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(2_000);
        expect(visible(parts.join(""))).toBe(visible(text));
      }),
      { numRuns: 60 },
    );
  });

  it("stays within the limit, whatever it is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 6_000, size: "max" }), (text) => {
        for (const part of formatText(text)) expect(part.length).toBeLessThanOrEqual(2_000);
      }),
      { numRuns: 60 },
    );
  });

  it("closes a code block that is cut, and opens it again", () => {
    const parts = formatText(`\`\`\`ts\n${"const a = 1;\n".repeat(400)}\`\`\``);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) expect(part).toMatch(/^```ts\n[^]*\n```$/);
  });
});

describe("parts", () => {
  const file = (name: string, bytes: number) =>
    ({ kind: "file", name, mimeType: "text/plain", bytes, path: name }) as const;

  it("are the text, then files in as few messages as the limits allow", () => {
    const attachments = [file("a", 6), file("b", 6), file("c", 3), ...Array.from({ length: 12 }, () => file("d", 0))];
    const parts = formatParts(outbound(address, "hello", { attachments }), 10);
    expect(parts.map(({ content, files }) => [content, files.length])).toEqual([
      ["hello", 0],
      ["", 1],
      ["", 10],
      ["", 4],
    ]);
  });

  it("name what is too large to be sent", () => {
    const [part] = formatParts(outbound(address, "", { attachments: [file("film.mp4", 11 * 1_048_576)] }), 10_485_760);
    expect(part).toMatchObject({ content: expect.stringContaining("11.0 MB, at most 10.0 MB") as string, files: [] });
  });

  it("are told apart by their nonces, which are the same in every attempt", () => {
    const nonces = [formatNonce("out-1", 0), formatNonce("out-1", 1), formatNonce("out-2", 0)];
    expect(new Set(nonces).size).toBe(3);
    expect(formatNonce("out-1", 0)).toBe(nonces[0]);
    for (const nonce of nonces) expect(nonce.length).toBeLessThanOrEqual(25);
  });

  it("ask for a choice where there is no text", () => {
    const [part] = formatParts(outbound(address, "", { choices: [{ label: "Yes", command: "/approve 1" }] }), 1);
    expect(part?.content).toBe("Please choose:");
  });
});

describe("buttons", () => {
  it("stand in rows of five, and what has no room is listed with its command", () => {
    const choices = Array.from({ length: 27 }, (_, index) => ({
      label: `Choice ${index + 1}`,
      command: `/pick ${index}`,
    }));
    const rows = formatButtons(choices);
    expect(rows.map(({ components }) => components.length)).toEqual([5, 5, 5, 5, 5]);
    expect(listRest(choices)).toBe("26. Choice 26: `/pick 25`\n27. Choice 27: `/pick 26`");
    const [part] = formatParts(outbound(address, "Which?", { choices }), 1);
    expect(part?.content).toContain("/pick 26");
  });

  it("fit Discord's document, however long the command or label", () => {
    const choices = [
      { label: "x".repeat(200), command: `/say ${"y".repeat(300)}`, style: "danger" as const },
      { label: "same", command: "/same" },
      { label: "same", command: "/same" },
    ];
    expect(findFault("create message", { content: "?", components: formatButtons(choices) })).toBeUndefined();
    const ids = formatButtons(choices).flatMap((row) => row.components.map(({ custom_id: id }) => id));
    expect(new Set(ids).size).toBe(3);
  });

  it("give every command back, after a restart too", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 300 }), fc.nat(24), async (command, index) => {
        const { state } = createTestDisk();
        const choices = Array.from({ length: index + 1 }, () => ({ label: "x", command }));
        await keepLongCommands(choices, state);
        const id = encodeCommand(command, index);
        expect(id.length).toBeLessThanOrEqual(100);
        expect(await loadCommand(id, state)).toBe(command);
      }),
    );
  });
});

describe("slash commands", () => {
  it("have an option for what may follow", () => {
    const commands = formatCommands([
      { name: "status", summary: "How I am.", argument: "" },
      { name: "pair", summary: "Lets somebody in.", argument: "CODE" },
      { name: "persona", summary: "x".repeat(150), argument: "[name|auto]" },
    ]);
    expect(commands.map(({ name, options }) => [name, options])).toEqual([
      ["status", []],
      ["pair", [{ type: 3, name: "code", description: "CODE", required: true }]],
      ["persona", [{ type: 3, name: "name", description: "name or auto", required: false }]],
    ]);
    for (const command of commands) expect(findFault("command", command)).toBeUndefined();
  });
});
