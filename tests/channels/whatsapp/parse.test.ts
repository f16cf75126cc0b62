import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../../channels/whatsapp/parse.ts";
import type { WebhookMessage } from "../../../channels/whatsapp/payload.ts";
import { parseStatus } from "../../../channels/whatsapp/status.ts";
import { parseTwilioMessage } from "../../../channels/whatsapp/twilio-parse.ts";

const messages = JSON.parse(
  readFileSync(new URL("../../fixtures/whatsapp/messages.json", import.meta.url), "utf8"),
) as Record<string, WebhookMessage>;

const value = {
  metadata: { display_phone_number: "+1 555-010-0100", phone_number_id: "106540352242922" },
  contacts: [{ profile: { name: "Ada" }, wa_id: "15550100042", user_id: "US.13491208655302741918" }],
};

const parse = (name: string): ReturnType<typeof parseMessage> => parseMessage(messages[name] ?? {}, value, "wa");
const textOf = (name: string): string | undefined => parse(name)?.message.text;

describe("a message of the Cloud API", () => {
  it("becomes the exact envelope", () => {
    expect(parse("text")?.message).toEqual({
      id: "wamid.TEXT",
      address: { channel: "wa", chat: "15550100042" },
      sender: { id: "wa:15550100042", name: "Ada", isBot: false },
      text: "Is it in *stock*?",
      attachments: [],
      isAddressed: true,
      isGroup: false,
      sentAt: 1_749_416_383_000,
      kind: "message",
    });
  });

  it("names what it answers", () => {
    expect(parse("reply")?.message).toMatchObject({ replyToId: "wamid.OURS", text: "the second one" });
  });

  it.each([
    ["image", "look", { id: "1003383421387256", name: "image.jpg", mimeType: "image/jpeg" }],
    ["voice", "", { id: "1908647269898587", name: "audio.ogg", mimeType: "audio/ogg" }],
    ["video", "", { id: "1908647269898588", name: "video.mp4", mimeType: "video/mp4" }],
    ["document", "the plan", { id: "1908647269898589", name: "plan.pdf", mimeType: "application/pdf" }],
    ["sticker", "", { id: "1908647269898590", name: "sticker.webp", mimeType: "image/webp" }],
  ])("brings a file: %s", (name, text, media) => {
    expect(parse(name)).toMatchObject({ message: { text, kind: "message" }, media });
  });

  it("says in words what has no words", () => {
    expect(textOf("location")).toBe(
      "Location: Example Park, 1 Example Way (37.4421, -122.161) https://maps.google.com/?q=37.4421,-122.161",
    );
    expect(textOf("contacts")).toBe("Contact: Bob Example, Example Inc., +1 555-010-0077, bob@example.org");
    expect(textOf("order")).toBe("Love these!\nOrder: 2 × di9ozbzfi4");
    expect(textOf("unsupported")).toBe("[Something that WhatsApp does not hand on: Message type unknown.]");
    expect(parseMessage({ ...messages["text"], type: "poll_creation" }, value, "wa")?.message.text).toBe(
      "[Something that WhatsApp does not hand on (poll_creation).]",
    );
  });

  it("is a command when something of ours was pressed", () => {
    expect(parse("button_reply")?.message).toMatchObject({ kind: "command", text: "/approve 3f9a", isAddressed: true });
    expect(parse("list_reply")?.message).toMatchObject({ kind: "command", text: "/persona ops" });
    expect(parse("template_button")?.message).toMatchObject({ kind: "message", text: "Unsubscribe" });
  });

  it("may be about another one", () => {
    expect(parse("reaction")?.message).toMatchObject({ kind: "reaction", text: "👍", targetId: "wamid.OURS" });
    expect(parse("reaction_removed")?.message).toMatchObject({ kind: "reaction", text: "", targetId: "wamid.OURS" });
    expect(parse("edit")?.message).toMatchObject({
      kind: "edit",
      text: "Is it there?",
      targetId: "wamid.TEXT",
      id: "wamid.EDIT",
    });
    expect(parse("revoke")?.message).toMatchObject({ kind: "deletion", text: "", targetId: "wamid.TEXT" });
  });

  it("in a group is for us only when it says so", () => {
    const { group } = messages;
    const { chat } = { chat: "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD" };
    const said = (extra: Partial<WebhookMessage>): boolean | undefined =>
      parseMessage({ ...group, ...extra }, value, "wa")?.message.isAddressed;
    expect(parse("group")?.message).toMatchObject({ isGroup: true, isAddressed: false, address: { chat } });
    expect(said({ text: { body: "@15550100100 lunch?" } })).toBe(true);
    expect(said({ text: { body: "/help" } })).toBe(true);
    expect(said({ context: { id: "wamid.OURS", from: "15550100100" } })).toBe(true);
    expect(said({ context: { id: "wamid.THEIRS", from: "15550100077" } })).toBe(false);
  });

  it("of somebody without a number is theirs by their id", () => {
    const contacts = [{ profile: { username: "ada" }, user_id: "US.13491208655302741918" }];
    expect(parseMessage(messages["hidden_number"] ?? {}, { ...value, contacts }, "wa")?.message).toMatchObject({
      sender: { id: "wa:US.13491208655302741918", name: "ada" },
      address: { chat: "US.13491208655302741918" },
    });
  });

  it("is none when it is ours, or says nothing to anybody", () => {
    for (const name of ["echo", "system"]) expect([name, parse(name)]).toEqual([name, undefined]);
    expect(parseMessage({ type: "text" }, value, "wa")).toBeUndefined();
  });
});

describe("a status", () => {
  const status = { id: "wamid.OURS", recipient_id: "15550100042", biz_opaque_callback_data: "out-1" };
  it.each([
    ["sent", false, undefined],
    ["sent", true, { outboundId: "out-1", state: "delivered" }],
    ["delivered", false, { outboundId: "out-1", state: "delivered" }],
    ["read", false, { outboundId: "out-1", state: "read" }],
    ["deleted", false, undefined],
  ])("%s, in doubt: %s", (name, isUncertain, report) => {
    expect(parseStatus({ ...status, status: name }, isUncertain)).toEqual(report);
  });

  it("says why in plain words", () => {
    const errors = [{ code: 131047, title: "Re-engagement message" }];
    expect(parseStatus({ ...status, status: "failed", errors }, false)).toEqual({
      outboundId: "out-1",
      state: "failed",
      reason:
        "more than 24 hours have passed since this person last wrote; WhatsApp then takes templates only (131047)",
    });
    expect(parseStatus({ ...status, status: "failed", errors: [{ code: 999, title: "New" }] }, false)?.reason).toBe(
      "New (999)",
    );
    expect(parseStatus({ ...status, status: "failed" }, false)?.reason).toBe("no reason given");
  });

  it("of what others sent is nothing to us", () => {
    expect(parseStatus({ id: "wamid.X", status: "failed" }, false)).toBeUndefined();
  });
});

describe("a message by Twilio", () => {
  const inbound = {
    sid: "SM1",
    from: "whatsapp:+15550100042",
    to: "whatsapp:+15550100100",
    body: "hi",
    sentAt: 5,
    media: [],
  };
  it("becomes the same envelope", () => {
    const params = { ProfileName: "Ada", WaId: "15550100042", OriginalRepliedMessageSid: "SM0" };
    expect(parseTwilioMessage({ ...inbound, params }, { channel: "wa" })).toEqual({
      id: "SM1",
      address: { channel: "wa", chat: "15550100042" },
      sender: { id: "wa:15550100042", name: "Ada", isBot: false },
      text: "hi",
      attachments: [],
      replyToId: "SM0",
      isAddressed: true,
      isGroup: false,
      sentAt: 5,
      kind: "message",
    });
  });

  it("may be a place, or a button of a template", () => {
    const place = { Latitude: "37.4421", Longitude: "-122.161", Label: "Example Park" };
    expect(parseTwilioMessage({ ...inbound, body: "", params: place }, { channel: "wa" }).text).toBe(
      "Location: Example Park (37.4421, -122.161) https://maps.google.com/?q=37.4421,-122.161",
    );
    const press = { ButtonPayload: "/approve 3f9a", ButtonText: "Approve" };
    expect(parseTwilioMessage({ ...inbound, body: "Approve", params: press }, { channel: "wa" })).toMatchObject({
      kind: "command",
      text: "/approve 3f9a",
    });
  });

  it("that was looked up has no name", () => {
    expect(parseTwilioMessage({ ...inbound, params: {} }, { channel: "wa" }).sender.name).toBe("15550100042");
  });
});
