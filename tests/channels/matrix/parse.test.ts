import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isRoomEvent, type RoomEvent } from "../../../channels/matrix/event.ts";
import { parseEvent, type ParseContext } from "../../../channels/matrix/parse.ts";

const timeline = JSON.parse(
  readFileSync(new URL("../../fixtures/matrix/timeline.json", import.meta.url), "utf8"),
) as Readonly<Record<string, RoomEvent>>;
const bot = "@bot:example.org";
const ada = "@ada:example.org";

const direct: ParseContext = {
  channel: "mx",
  roomId: "!room:example.org",
  me: { userId: bot, names: ["Helper"] },
  senderName: "Ada",
  isGroup: false,
  commands: ["help", "approve"],
};
const group: ParseContext = { ...direct, isGroup: true, roomName: "Kitchen" };

function parse(name: string, context: ParseContext = direct): ReturnType<typeof parseEvent> {
  const event = timeline[name];
  if (event === undefined) throw new Error(`no fixture ${name}`);
  return parseEvent(event, context);
}

describe("an event as a message", () => {
  it("has every field", () => {
    expect(parse("plain", group)).toEqual({
      message: {
        id: "$plain",
        address: { channel: "mx", chat: "!room:example.org" },
        sender: { id: "mx:@ada:example.org", name: "Ada", isBot: false },
        text: "what is 6 * 7? see snake_case",
        attachments: [],
        isAddressed: false,
        isGroup: true,
        sentAt: 1_750_000_000_000,
        kind: "message",
        subject: "Kitchen",
      },
    });
  });

  it.each([
    ["pill", "please **look** at this", true],
    ["oldPill", "could @bot:example.org do it", true],
    ["plain", "what is 6 * 7? see snake_case", false],
  ])("tells who is spoken to: %s", (name, text, isAddressed) => {
    expect(parse(name, group)?.message).toMatchObject({ text, isAddressed, kind: "message" });
  });

  it("counts as ours where a name is written by programs that know no mentions", () => {
    const said = (body: string): boolean | undefined =>
      parseEvent({ ...(timeline["plain"] as RoomEvent), content: { msgtype: "m.text", body } }, group)?.message
        .isAddressed;
    expect(["Helper: go", "ask helper, maybe", "Helpers do", "go"].map(said)).toEqual([true, true, false, false]);
  });

  it("takes commands with an exclamation mark, since Element keeps slashes to itself", () => {
    expect(parse("command", group)?.message).toMatchObject({
      kind: "command",
      text: "/help approve",
      isAddressed: true,
    });
  });

  it("takes no command that came in the clear in an encrypted room", () => {
    const message = parse("command", { ...direct, isExposed: true })?.message;
    expect(message?.kind).toBe("message");
    expect(message?.text.startsWith("/")).toBe(false);
    expect(message?.text).toContain("Not encrypted");
  });

  it("reads a reply without what it quotes", () => {
    const context = { ...group, target: { sender: bot } };
    expect(parse("oldReply", context)?.message).toMatchObject({
      text: "are you sure?",
      replyToId: "$ours",
      isAddressed: true,
    });
    const { formatted_body: _html, format: _format, ...plain } = (timeline["oldReply"] as RoomEvent).content;
    const event = { ...(timeline["oldReply"] as RoomEvent), content: plain };
    expect(parseEvent(event, context)?.message.text).toBe("are you sure?");
    expect(parseEvent(event, { ...group, target: { sender: ada } })?.message.isAddressed).toBe(false);
  });

  it("stands in its thread, where what is put in for older programs is no reply", () => {
    expect(parse("thread")?.message).toMatchObject({ address: { thread: "$root" }, text: "in the thread" });
    expect(parse("thread")?.message).not.toHaveProperty("replyToId");
    expect(parse("threadReply")?.message).toMatchObject({ address: { thread: "$root" }, replyToId: "$before" });
  });

  it("is an edit only by who wrote it, in the thread of what it edits", () => {
    expect(parse("edit", { ...direct, target: { sender: ada, thread: "$root" } })?.message).toMatchObject({
      id: "$edit",
      kind: "edit",
      text: "what is 6 * 9?",
      targetId: "$plain",
      address: { thread: "$root" },
    });
    expect(parse("edit", { ...direct, target: { sender: "@eve:example.org" } })).toBeUndefined();
    expect(parse("edit")).toBeUndefined();
  });

  it("is a reaction, in the plain form of its emoji", () => {
    const context = { ...group, target: { sender: bot, thread: "$root" } };
    expect(parse("reaction", context)?.message).toMatchObject({
      kind: "reaction",
      text: "👍",
      targetId: "$ours",
      isAddressed: true,
      address: { thread: "$root" },
    });
  });

  it.each(["redaction", "newRedaction"])("is taken back: %s", (name) => {
    expect(parse(name, { ...direct, target: { sender: ada } })?.message).toMatchObject({
      kind: "deletion",
      text: "",
      targetId: "$plain",
      sender: { id: "mx:@ada:example.org" },
    });
  });

  it("is taken off, where a reaction is taken back", () => {
    const target = { sender: ada, reactedTo: "$ours" };
    expect(parse("redaction", { ...direct, target })?.message).toMatchObject({
      kind: "reaction",
      text: "",
      targetId: "$ours",
    });
  });

  it("belongs to its author when a moderator takes it back, and is nothing when it was ours", () => {
    const target = { sender: "@bob:example.org" };
    expect(parse("redaction", { ...group, target })?.message.sender.id).toBe("mx:@bob:example.org");
    expect(parse("redaction", { ...group, target: { sender: bot } })).toBeUndefined();
  });

  it("brings a file, with its caption", () => {
    expect(parse("image")).toMatchObject({
      message: { text: "the kitchen" },
      file: { url: "mxc://example.org/abcDEF", name: "kitchen.jpg", mimeType: "image/jpeg" },
    });
    expect(parse("voice")).toMatchObject({
      message: { text: "" },
      file: { name: "Voice message.ogg", key: { iv: "w+sE15fzSc0AAAAAAAAAAA" } },
    });
    const broken = {
      ...(timeline["image"] as RoomEvent),
      content: { msgtype: "m.image", body: "x", url: "http://a/b" },
    };
    expect(parseEvent(broken, direct)?.file).toBe("broken");
  });

  it("says who does what", () => {
    expect(parse("emote")?.message.text).toBe("_Ada_ waves");
  });

  it.each(["notice", "join"])("is nothing to us: %s", (name) => {
    expect(parse(name)).toBeUndefined();
  });

  it("is nothing when it is our own", () => {
    expect(parseEvent({ ...(timeline["plain"] as RoomEvent), sender: bot }, direct)).toBeUndefined();
  });

  it("is none when other servers send what they like", () => {
    for (const value of [
      null,
      [],
      {},
      { type: "a" },
      { ...timeline["plain"], content: "x" },
      { ...timeline["plain"], sender: 1 },
    ])
      expect(isRoomEvent(value)).toBe(false);
    for (const content of [{}, { msgtype: 4 }, { body: {} }, { msgtype: "m.text", body: [], "m.relates_to": "x" }])
      expect(parseEvent({ ...(timeline["plain"] as RoomEvent), content }, direct)).toBeUndefined();
  });
});
