import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDirectChat, normaliseHandle, parseChatGuid } from "../../../channels/imessage/chat-id.ts";
import { formatTexts } from "../../../channels/imessage/format.ts";
import type { BlueMessage } from "../../../channels/imessage/message.ts";
import { parseMessage, parseRevision } from "../../../channels/imessage/parse.ts";
import { formatTapback, parseTapback } from "../../../channels/imessage/tapbacks.ts";
import { traits } from "../../../channels/imessage/traits.ts";
import { readTypedStream } from "../../../channels/imessage/typedstream.ts";
import { archive } from "../../doubles/fake-mac.ts";
import { ada } from "./harness.ts";

const fixtures = JSON.parse(
  readFileSync(new URL("../../fixtures/imessage/messages.json", import.meta.url), "utf8"),
) as Record<string, BlueMessage>;
const ourMessage = "5DF8038C-199C-48A8-BC19-7904D643CBE0";
const context = {
  channel: "imessage",
  addresses: ["+15550100100"],
  names: ["parlance"],
  isOurs: (guid: string) => guid === ourMessage,
};

function find(name: string): BlueMessage {
  const found = fixtures[name];
  if (found === undefined) throw new Error(`no fixture "${name}"`);
  return found;
}

const direct = {
  id: "877D408A-7A81-4933-A25E-145CCA2F87A7",
  address: { channel: "imessage", chat: `-;${ada}` },
  sender: { id: `imessage:${ada}`, name: ada, isBot: false },
  text: "hello there",
  attachments: [],
  isAddressed: true,
  isGroup: false,
  sentAt: 1_763_971_200_000,
  kind: "message",
};
const group = {
  ...direct,
  address: { channel: "imessage", chat: "+;chat1234567890" },
  isAddressed: false,
  isGroup: true,
  subject: "Example",
};
const email = {
  ...direct,
  address: { channel: "imessage", chat: "-;ada@example.org" },
  sender: { id: "imessage:ada@example.org", name: "ada@example.org", isBot: false },
};

const own = {
  sender: { id: "imessage:+15550100100", name: "+15550100100", isBot: false },
  isAddressed: false,
  isOwn: true,
};

describe("parseMessage", () => {
  it.each([
    ["direct text", direct],
    ["direct text on older macOS", direct],
    ["from an e-mail address", email],
    ["words in the attributed body only", direct],
    ["talk in a group", { ...group, text: "lunch anyone?" }],
    ["mention of us in a group", { ...group, text: "Parlance what is up", isAddressed: true }],
    ["mention of somebody else", { ...group, text: "Bob what is up" }],
    ["name with an at in a group", { ...group, text: "what is up", isAddressed: true }],
    ["name at the beginning", { ...group, text: "what is up", isAddressed: true }],
    ["name in the middle", { ...group, text: "I like parlance a lot" }],
    ["reply to ours in a group", { ...group, text: "yes", isAddressed: true, replyToId: ourMessage }],
    ["reply to somebody else", { ...group, text: "yes", replyToId: "OTHER-GUID" }],
    ["file", { ...direct, text: "" }],
    ["file with words", { ...direct, text: "look" }],
    ["link with its preview", { ...direct, text: "https://example.org" }],
    ["like on ours", { ...direct, kind: "reaction", text: "👍", targetId: ourMessage }],
    ["like taken off", { ...direct, kind: "reaction", text: "", targetId: ourMessage }],
    ["emoji on ours", { ...direct, kind: "reaction", text: "🔥", targetId: ourMessage }],
    ["emoji told by words only", { ...direct, kind: "reaction", text: "🔥", targetId: ourMessage }],
    ["ours", { ...direct, ...own }],
    ["ours in a group", { ...group, ...own, text: "parlance, lunch is at one", replyToId: "OTHER-GUID" }],
    ["auto-reply", { ...direct, text: "I am driving", isAutomated: true }],
  ])("%s", (name, expected) => {
    expect(parseMessage(find(name), context)?.message).toEqual(expected);
  });

  it.each([
    "ours that was not sent",
    "like of ours",
    "note to self",
    "group renamed",
    "sticker on a message",
    "nothing at all",
    "without a chat",
  ])("leaves out: %s", (name) => {
    expect(parseMessage(find(name), context)).toBeUndefined();
  });

  it("calls the account by a word where nobody told its address", () => {
    const nameless = { ...context, addresses: [] };
    expect(parseMessage(find("ours"), nameless)?.message.sender).toMatchObject({ id: "imessage:me" });
  });

  it("names the files to be fetched, without previews", () => {
    expect(parseMessage(find("file"), context)?.attachments).toMatchObject([{ transferName: "cat.png" }]);
    expect(parseMessage(find("link with its preview"), context)?.attachments).toEqual([]);
  });
});

describe("parseRevision", () => {
  const at = 1_763_971_260_000;
  it.each([
    [
      "edited",
      { ...direct, id: `${direct.id}:edit:${at}`, kind: "edit", text: "better words", targetId: direct.id, sentAt: at },
    ],
    ["unsent", { ...direct, id: `${direct.id}:unsent`, kind: "deletion", text: "", targetId: direct.id, sentAt: at }],
    [
      "unsent as an empty edit",
      { ...direct, id: `${direct.id}:unsent`, kind: "deletion", text: "", targetId: direct.id, sentAt: at },
    ],
    ["read by us", undefined],
    ["ours", undefined],
    [
      "ours edited",
      {
        ...direct,
        ...own,
        id: `${direct.id}:edit:${at}`,
        kind: "edit",
        text: "better words",
        targetId: direct.id,
        sentAt: at,
      },
    ],
    [
      "ours unsent",
      { ...direct, ...own, id: `${direct.id}:unsent`, kind: "deletion", text: "", targetId: direct.id, sentAt: at },
    ],
  ])("%s", (name, expected) => {
    expect(parseRevision(find(name), context)).toEqual(expected);
  });

  it("covers every fixture with the rest", () => {
    const used = readFileSync(new URL(import.meta.url), "utf8");
    expect(Object.keys(fixtures).filter((name) => !used.includes(`"${name}"`))).toEqual([]);
  });
});

describe("chats and handles", () => {
  it("are the same before and after macOS 26, and however a number is written", () => {
    for (const guid of ["iMessage;-;+15550100042", "SMS;-;+15550100042", "any;-;+1 (555) 010-0042"])
      expect(parseChatGuid(guid)).toEqual({ chat: `-;${ada}`, isGroup: false });
    expect(parseChatGuid("iMessage;+;chat1234567890")).toEqual({ chat: "+;chat1234567890", isGroup: true });
    expect(formatDirectChat("Tel:+1-555-010-0042")).toBe(`-;${ada}`);
    expect(normaliseHandle(" Ada@Example.org ")).toBe("ada@example.org");
    expect(normaliseHandle("45678")).toBe("45678");
  });

  it("are not found in what is no GUID", () => {
    for (const guid of ["", "chat1", "any;?;x", "any;-;"]) expect(parseChatGuid(guid)).toBeUndefined();
  });
});

describe("tapbacks", () => {
  it.each(["❤️", "👍", "👎", "😂", "‼️", "❓"])("%s goes out and comes back", (emoji) => {
    const { reaction } = formatTapback(emoji);
    expect(parseTapback(reaction, null, "")).toEqual({ emoji });
    expect(parseTapback(`-${reaction}`, null, "")).toEqual({ emoji: "" });
  });

  it("takes what looks alike for one of the six, and anything else as it is", () => {
    expect(formatTapback("👍🏽")).toEqual({ reaction: "like" });
    expect(formatTapback("🤣")).toEqual({ reaction: "laugh" });
    expect(formatTapback("🎉")).toEqual({ reaction: "emoji", emoji: "🎉" });
  });

  it.each([
    ["2000", "❤️"],
    ["2005", "❓"],
    ["3003", ""],
    ["3006", ""],
  ])("reads chat.db's %s", (code, emoji) => {
    expect(parseTapback(code, null, "")).toEqual({ emoji });
  });

  it("takes a sticker for none", () => {
    for (const type of ["1000", "2007", "sticker", "nonsense"]) expect(parseTapback(type, null, "")).toBeUndefined();
  });
});

describe("readTypedStream", () => {
  it("reads a recorded beginning", () => {
    const recorded =
      "040b73747265616d747970656481e803840140848484124e5341747472696275746564537472696e67008484084e534f626a656374008592" +
      "848484084e53537472696e67019484012b0568656c6c6f86840269490105928484840c4e5344696374696f6e617279009484016901";
    expect(readTypedStream(Buffer.from(recorded, "hex"))).toBe("hello");
  });

  it("gives back any text, in any of its lengths and classes", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 400 }),
        fc.boolean(),
        fc.constantFrom(1, 1, 200),
        (text, isMutable, times) => {
          const whole = text.repeat(times);
          expect(readTypedStream(archive(whole, isMutable ? "NSMutableString" : "NSString"))).toBe(
            Buffer.from(whole).toString(),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it("never throws, whatever is cut or broken", () => {
    const whole = archive("some words that were archived");
    fc.assert(
      fc.property(fc.nat(whole.length), fc.uint8Array({ maxLength: 80 }), (end, noise) => {
        for (const bytes of [whole.slice(0, end), noise, Buffer.concat([whole.slice(0, end), noise])]) {
          const text = readTypedStream(bytes);
          expect(text === undefined || typeof text === "string").toBe(true);
        }
      }),
    );
  });
});

describe("formatTexts", () => {
  it.each([
    ["**a** _b_ `c`", ["a b c"]],
    ["# Title\n\n- x\n- y", ["Title\n\n• x\n• y"]],
    ["|name|n|\n|-|-|\n|Ada|1|", ["name | n\nAda | 1"]],
    ["[docs](https://example.org/a)", ["docs (https://example.org/a)"]],
    ["```ts\nlet a;\n```", ["let a;"]],
    [" \n", []],
  ])("%j", (text, parts) => {
    expect(formatTexts({ text })).toEqual(parts);
  });

  it("numbers the choices, and stays within the limit", () => {
    const choices = [{ label: "Yes", command: "/approve 1" }];
    expect(formatTexts({ text: "May I?", choices })).toEqual(["May I?\n\nReply with a number:\n1. Yes (/approve 1)"]);
    for (const part of formatTexts({ text: "word ".repeat(5_000) }))
      expect(part.length).toBeLessThanOrEqual(traits.maxTextLength);
  });
});
