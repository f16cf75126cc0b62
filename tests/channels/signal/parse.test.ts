import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readNotification, type SignalEnvelope } from "../../../channels/signal/envelope.ts";
import { parseEnvelope, type ParsedEnvelope } from "../../../channels/signal/parse.ts";
import { parseStyledText } from "../../../channels/signal/styled-text.ts";
import { ada, bob, groupId, ours } from "./harness.ts";

const fixtures = JSON.parse(
  readFileSync(new URL("../../fixtures/signal/envelopes.json", import.meta.url), "utf8"),
) as Record<string, { envelope: SignalEnvelope }>;
const sentAt = 1_763_971_200_000;

function parse(name: string, root: (id: string) => string = (id) => id): ParsedEnvelope | undefined {
  const envelope = readNotification(fixtures[name])?.envelope;
  if (envelope === undefined) throw new Error(`no fixture "${name}"`);
  return parseEnvelope(envelope, { channel: "signal", me: ours, names: new Map([[bob, "Bob"]]), root });
}

const direct = {
  id: `${ada}:${sentAt}`,
  address: { channel: "signal", chat: ada },
  sender: { id: `signal:${ada}`, name: "Ada", isBot: false },
  text: "",
  attachments: [],
  isAddressed: true,
  isGroup: false,
  sentAt,
  kind: "message",
};
const group = {
  ...direct,
  address: { channel: "signal", chat: `group.${groupId}` },
  isAddressed: false,
  isGroup: true,
  subject: "Example",
};
const own = {
  id: `${ours.aci}:${sentAt}`,
  sender: { id: `signal:${ours.aci}`, name: "Parlance", isBot: false },
  isAddressed: false,
  isOwn: true,
};
const ourMessage = `${ours.aci}:${sentAt - 5_000}`;

describe("parseEnvelope", () => {
  it.each([
    ["direct text", { ...direct, text: "hello there" }],
    ["nameless sender", { ...direct, text: "hi", sender: { ...direct.sender, name: "Signal user a11ce000" } }],
    ["talk in a group", { ...group, text: "lunch anyone?" }],
    ["mention of us in a group", { ...group, text: "what is up @Bob?", isAddressed: true }],
    ["styles", { ...direct, text: "**bold** _it_ ~~strike~~ `code` plain" }],
    ["nested styles with a mention", { ...direct, text: "**ask _@Bob_ now**" }],
    ["block of code", { ...direct, text: "```\na = 1\nb = 2\n```" }],
    ["quote of ours in a group", { ...group, text: "yes", isAddressed: true, replyToId: ourMessage }],
    ["reaction to ours", { ...direct, kind: "reaction", text: "👍", targetId: ourMessage }],
    ["reaction taken off", { ...direct, kind: "reaction", targetId: ourMessage }],
    ["edit", { ...direct, kind: "edit", text: "better words", targetId: `${ada}:${sentAt - 9_000}` }],
    ["edit in a group", { ...group, kind: "edit", text: "better words", targetId: `${ada}:${sentAt - 9_000}` }],
    ["taken back", { ...direct, kind: "deletion", targetId: `${ada}:${sentAt - 9_000}` }],
    ["taken back by an admin", { ...group, kind: "deletion", targetId: `${bob}:${sentAt - 9_000}` }],
    ["file", direct],
    ["seen once", { ...direct, text: "[A file to be seen once, which was not kept.]" }],
    ["sticker", { ...direct, text: "[sticker]" }],
    ["contact", { ...direct, text: "👤 Bob Example +15550100043" }],
    ["sent from our phone", { ...direct, ...own, text: "written by hand" }],
    [
      "sent from our phone to a group",
      { ...group, ...own, text: "lunch is at one", replyToId: `${ada}:${sentAt - 9_000}` },
    ],
    ["file from our phone", { ...direct, ...own }],
    [
      "edited on our phone",
      { ...direct, ...own, kind: "edit", text: "better words", targetId: `${ours.aci}:${sentAt - 9_000}` },
    ],
    ["taken back on our phone", { ...direct, ...own, kind: "deletion", targetId: `${ours.aci}:${sentAt - 9_000}` }],
    ["poll", { ...direct, text: "📊 Where to?\n- North\n- South" }],
  ])("%s", (name, expected) => {
    expect(parse(name)?.message).toEqual(expected);
  });

  it.each([
    "timer set",
    "joined the group",
    "vote in a poll",
    "receipt",
    "typing",
    "story",
    "call",
    "reaction from our phone",
    "note to self",
    "read on our phone",
    "sent in our name by another",
    "ours by another way",
    "sender without an ACI",
    "no sender",
  ])("leaves out: %s", (name) => {
    expect(parse(name)).toBeUndefined();
  });

  it("covers every fixture", () => {
    const used = readFileSync(new URL(import.meta.url), "utf8");
    expect(Object.keys(fixtures).filter((name) => !used.includes(`"${name}"`))).toEqual([]);
  });

  it("names the files to be fetched, and none that may be seen once only", () => {
    expect(parse("file")?.attachments).toMatchObject([{ id: "Zk1.jpg", filename: "cat.jpg" }]);
    expect(parse("file from our phone")?.attachments).toMatchObject([{ id: "Zk2.jpg", filename: "cat.jpg" }]);
    expect(parse("voice note without a name")?.attachments).toMatchObject([{ id: "Vn2.aac" }]);
    expect(parse("seen once")?.attachments).toEqual([]);
  });

  it("leads versions of a message back to it", () => {
    const root = (id: string): string => (id === `${ada}:${sentAt - 9_000}` ? `${ada}:1` : id);
    expect(parse("edit", root)?.message.targetId).toBe(`${ada}:1`);
    expect(parse("taken back", root)?.message.targetId).toBe(`${ada}:1`);
  });
});

describe("readNotification", () => {
  const envelope = { envelope: { timestamp: 1 }, account: "+1" };
  it.each([
    ["bare", envelope],
    ["in a notification", { jsonrpc: "2.0", method: "receive", params: envelope }],
    ["in a subscription", { jsonrpc: "2.0", method: "receive", params: { subscription: 0, result: envelope } }],
  ])("finds the envelope %s", (_, value) => {
    expect(readNotification(value)).toEqual(envelope);
  });

  it("takes nothing else for one", () => {
    for (const value of [
      null,
      1,
      "x",
      [],
      {},
      { method: "other", params: envelope },
      { params: { params: { params: envelope } } },
    ])
      expect(readNotification(value)).toBeUndefined();
  });
});

describe("parseStyledText", () => {
  const spans = fc.array(
    fc.record({
      style: fc.constantFrom("BOLD", "ITALIC", "STRIKETHROUGH", "MONOSPACE", "SPOILER", "OTHER"),
      start: fc.integer({ min: -2, max: 30 }),
      length: fc.integer({ min: -2, max: 30 }),
    }),
    { maxLength: 6 },
  );

  it("keeps every word, whatever the styles claim", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z \n]{0,20}$/), spans, (text, styles) => {
        const words = parseStyledText(text, [], styles).replaceAll(/[*_~`\n]/g, "");
        expect(words).toBe(text.replaceAll("\n", ""));
      }),
    );
  });

  it("swallows the placeholder of a mention once, whatever overlaps it", () => {
    const mention = { start: 3, length: 1, shown: "@Bob" };
    fc.assert(
      fc.property(spans, (styles) => {
        const shown = parseStyledText("hi \uFFFC, you", [mention], styles);
        expect(shown.match(/@Bob/g)).toHaveLength(1);
        expect(shown).not.toContain("\uFFFC");
      }),
    );
  });
});
