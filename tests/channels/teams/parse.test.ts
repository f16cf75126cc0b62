import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readActivity, type TeamsActivity } from "../../../channels/teams/activity.ts";
import { parseActivity } from "../../../channels/teams/parse.ts";
import { formatMessageId, formatPlace, parseMessageId, parsePlace } from "../../../channels/teams/place.ts";
import type { InboundMessage } from "../../../src/core/message.ts";

const context = { channel: "teams", commands: new Set(["help", "stop"]), now: 1 };
const personal = "a:1qRsTuVwXyZ-personal";
const channel = "19:f5e4d3c2b1a0@thread.tacv2";

function load(name: string): TeamsActivity {
  const body = JSON.parse(
    readFileSync(new URL(`../../fixtures/teams/${name}.json`, import.meta.url), "utf8"),
  ) as unknown;
  const activity = readActivity(body);
  if (activity === undefined) throw new Error(`${name} is no activity`);
  return activity;
}

const parse = (name: string): InboundMessage | undefined => parseActivity(load(name), context)?.message;

describe("a message", () => {
  it("is read from the HTML of Teams' editor", () => {
    expect(parse("personal")).toEqual({
      id: `${personal}|1767258000123`,
      address: { channel: "teams", chat: personal },
      sender: { id: "teams:29:1Ada-Xq7LmZ0vK3", name: "Ada", isBot: false },
      text: [
        "Hello, **please** check the hosts:",
        "- web1\n- *web2*",
        "```bash\nuptime; df -h\n  # a < b\n```",
        "[status](https://example.org/status?a=1&b=2) 🙂",
      ].join("\n\n"),
      attachments: [],
      isAddressed: true,
      isGroup: false,
      sentAt: Date.parse("2026-01-01T09:00:00.123Z"),
      kind: "message",
    });
  });

  it("in a channel has its thread, and our name taken off", () => {
    expect(parse("channel-mention")).toMatchObject({
      address: { channel: "teams", chat: channel, thread: "1767258000000" },
      id: `${channel}|1767258000123`,
      text: "ask @Bob about it",
      isAddressed: true,
      isGroup: true,
      subject: "Operations",
    });
  });

  it("that quotes us is for us, and says which message it answers", () => {
    expect(parse("group-quote")).toMatchObject({
      text: "thanks, and the disks?",
      isAddressed: true,
      isGroup: true,
      replyToId: "19:0a1b2c3d4e5f@thread.v2|1767258050000",
      subject: "Release",
    });
  });

  it("that quotes somebody else is not for us", () => {
    const activity = load("group-quote");
    const html = String(activity.attachments?.[0]?.content).replace(/28:[\d-]+/, "8:orgid:somebody");
    const other = { ...activity, attachments: [{ contentType: "text/html", content: html }] };
    expect(parseActivity(other, context)?.message).toMatchObject({
      isAddressed: false,
      text: "thanks, and the disks?",
    });
  });

  it("reads the newer form of a quote", () => {
    const quote = {
      type: "quotedReply",
      quotedReply: { messageId: "1767258050000", senderId: "28:11111111-2222-4333-8444-555555555555" },
    };
    const activity = {
      ...load("group-talk"),
      text: '<quoted messageId="1767258050000"/> and?',
      attachments: [],
      entities: [quote],
    };
    expect(parseActivity(activity, context)?.message).toMatchObject({
      text: "and?",
      isAddressed: true,
      replyToId: "19:0a1b2c3d4e5f@thread.v2|1767258050000",
    });
  });

  it("among others is not for us", () => {
    expect(parse("group-talk")).toMatchObject({ text: "lunch?", isAddressed: false, isGroup: true });
  });

  it("of another bot is automated", () => {
    expect(parse("bot")).toMatchObject({ isAutomated: true, sender: { isBot: true } });
  });

  it("that begins with a command of ours is one", () => {
    expect(parse("command")).toMatchObject({ kind: "command", text: "/help approve" });
    const unknown = { ...load("command"), text: "/etc/passwd is what?", attachments: [] };
    expect(parseActivity(unknown, context)?.message.kind).toBe("message");
  });

  it("names a file that bots do not get", () => {
    expect(parse("channel-file")?.text).toBe(
      "read this\n\n[A file came with this, which Teams does not hand to bots here.]",
    );
  });

  it("brings files from a OneDrive, and pictures from the service", () => {
    expect(parseActivity(load("files"), context)).toMatchObject({
      message: { text: "the report" },
      files: [{ name: "report.pdf", from: "drive", url: expect.stringContaining("tempauth") as string }],
    });
    expect(parseActivity(load("picture"), context)).toMatchObject({
      message: { text: "" },
      files: [
        { from: "service", url: "https://smba.trafficmanager.net/emea/v3/attachments/0-weu-d1-abc/views/original" },
      ],
    });
  });

  it("is read from the bare text where there is no HTML", () => {
    const activity = { ...load("channel-mention"), attachments: [], text: "ask <at>Bob</at>,&nbsp;<at>Parlance</at>" };
    expect(parseActivity(activity, context)?.message.text).toBe("ask @Bob, @Parlance");
  });

  it("tells two of one name apart by their number", () => {
    const activity = load("channel-mention");
    const twin = { mentioned: { id: "29:1Twin", name: "Parlance" }, text: "<at>Parlance</at>", type: "mention" };
    const html = String(activity.attachments?.[0]?.content).replaceAll("Bob", "Parlance");
    const twins = {
      ...activity,
      entities: [activity.entities?.[0] ?? twin, twin],
      attachments: [{ contentType: "text/html", content: html }],
    };
    expect(parseActivity(twins, context)?.message.text).toBe("ask @Parlance about it");
  });
});

describe("what changes", () => {
  it("an edit has an id of its own, and names its message", () => {
    expect(parse("edit")).toMatchObject({
      kind: "edit",
      text: "hello again",
      targetId: `${personal}|1767258000123`,
      id: `${personal}|1767258000123:edit:2026-01-01T09:05:00.000Z`,
    });
    expect(parse("undeletion")).toMatchObject({ kind: "edit", text: "hello again" });
    expect(parse("undeletion")?.id).not.toBe(parse("edit")?.id);
  });

  it("a deletion has no text", () => {
    expect(parse("deletion")).toMatchObject({ kind: "deletion", text: "", targetId: `${personal}|1767258000123` });
  });

  it("a reaction is an emoji, and nothing when it is taken off", () => {
    expect(parse("reaction")).toMatchObject({
      kind: "reaction",
      text: "👍",
      targetId: `${channel}|1767258050000`,
      address: { thread: "1767258000000" },
    });
    expect(parse("reaction-removed")).toMatchObject({
      kind: "reaction",
      text: "",
      targetId: `${personal}|1767258050000`,
    });
  });

  it("a press is its command, by either kind of button", () => {
    expect(parse("press")).toMatchObject({
      kind: "command",
      text: "/approve 3f9a",
      isAddressed: true,
      replyToId: `${personal}|1767258050000`,
    });
    expect(parse("execute")).toMatchObject({ kind: "command", text: "/deny 3f9a" });
  });

  it.each(["joined", "installed", "own", "foreign-card"])("leaves out %s", (name) => {
    expect(parse(name)).toBeUndefined();
  });
});

describe("readActivity", () => {
  it.each([undefined, null, [], "text", {}, { type: "message" }, { ...load("personal"), from: "Ada" }])(
    "wants an activity: %j",
    (body) => {
      expect(readActivity(body)).toBeUndefined();
    },
  );
});

describe("places and ids", () => {
  it("round-trip", () => {
    for (const id of [personal, `${channel};messageid=1767258000000`, "19:x@unq.gbl.spaces"])
      expect(formatPlace(parsePlace(id, "teams"))).toBe(id);
    expect(parseMessageId(formatMessageId(personal, "1:1abc|d"))).toBe("1:1abc|d");
  });
});
