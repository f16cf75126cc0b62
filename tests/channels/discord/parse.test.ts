import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEdit, parseMessage, type DiscordMessage, type ParseContext } from "../../../channels/discord/parse.ts";
import { parseInteraction } from "../../../channels/discord/parse-interaction.ts";
import { parseReaction } from "../../../channels/discord/parse-reaction.ts";
import { parseText } from "../../../channels/discord/parse-text.ts";
import { formatAddress, parsePlace, pickTarget, type Place } from "../../../channels/discord/places.ts";
import { conversationId, parseConversationId } from "../../../src/core/message.ts";

const folder = new URL("../../fixtures/discord/", import.meta.url);
const ownId = "190000000000000009";
const ownRole = "165000000000000001";

interface Fixture {
  readonly event: { readonly t: string; readonly d: DiscordMessage };
  readonly place: Place;
  /** Without `files`: none are fetched. null: no message to us. */
  readonly expected: (object & { readonly files?: readonly object[] }) | null;
}

const context = (place: Place): ParseContext => ({
  channel: "disc",
  ownId,
  place,
  ownRoleIds: new Set([ownRole]),
  channelName: (id) => (id === "170000000000000002" ? "general" : undefined),
});

describe("recorded events", () => {
  const names = readdirSync(folder);

  it("are there", () => expect(names.length).toBeGreaterThan(20));

  it.each(names)("%s", (name) => {
    const { event, place, expected } = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Fixture;
    const parse = event.t === "MESSAGE_UPDATE" ? parseEdit : parseMessage;
    const parsed = parse(event.d, context(place));
    if (expected === null) return expect(parsed).toBeUndefined();
    const { files = [], ...message } = expected;
    expect(parsed).toEqual({ message, files });
    return undefined;
  });
});

describe("reactions", () => {
  const raw = {
    user_id: "1",
    channel_id: "2",
    message_id: "3",
    emoji: { id: null, name: "👍" },
  };
  const ada = { id: "disc:1", name: "Ada", isBot: false };
  const at = { channel: "disc", place: { id: "2", kind: "direct" }, eventId: "session.7", now: 5 } as const;

  it("are the emoji, or nothing when it was taken off", () => {
    expect(parseReaction(raw, ada, { ...at, isAdded: true })).toMatchObject({
      text: "👍",
      targetId: "3",
      kind: "reaction",
    });
    expect(parseReaction(raw, ada, { ...at, isAdded: false })).toMatchObject({ text: "", targetId: "3" });
  });

  it("have a name where the emoji is a server's own", () => {
    const own = { ...raw, emoji: { id: "9", name: "party" } };
    expect(parseReaction(own, ada, { ...at, isAdded: true }).text).toBe(":party:");
  });
});

describe("interactions", () => {
  const user = { id: "1", username: "ada", global_name: "Ada", discriminator: "0", avatar: null };
  const place: Place = { id: "2", kind: "direct" };
  const base = { id: "1478000000000000001", application_id: "8", token: "t", version: 1, user };
  const parse = (fields: object) => parseInteraction({ ...base, ...fields } as never, place, "disc");

  it("are commands as they would be written", () => {
    const options = [
      { name: "a", type: 3, value: "one" },
      { name: "b", type: 4, value: 2 },
    ];
    expect(parse({ type: 2, data: { name: "help", options } })?.message).toMatchObject({
      id: "interaction:1478000000000000001",
      text: "/help one 2",
      kind: "command",
      isAddressed: true,
      sender: { id: "disc:1", name: "Ada" },
    });
  });

  it("of other kinds are none of ours", () => {
    expect(parse({ type: 4, data: { name: "help" } })).toBeUndefined();
    expect(parse({ type: 5, data: { custom_id: "x" } })).toBeUndefined();
  });
});

describe("text", () => {
  const names = { people: new Map(), channel: () => undefined, ownId, ownRoleIds: new Set<string>() };

  it("keeps our name where it says something", () => {
    expect(parseText(`<@${ownId}>`, names)).toBe(`@${ownId}`);
    expect(parseText(`ask <@${ownId}> about it`, names)).toBe(`ask @${ownId} about it`);
    expect(parseText(`<@!${ownId}>, do it`, names)).toBe("do it");
  });

  it("is never spoiled: what is no mark of Discord's stays, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(!text.includes("<"));
        expect(parseText(text, names)).toBe(text);
      }),
    );
    expect(parseText("<t:99999999999999> <t:8999999999999> <@x>", names)).toBe(
      "<t:99999999999999> <t:8999999999999> <@x>",
    );
  });
});

describe("addresses", () => {
  it("lead back to where they came from", () => {
    for (const channel of [
      { id: "5", type: 11, parent_id: "4", name: "thread" },
      { id: "4", type: 0, name: "general" },
      { id: "6", type: 1 },
    ]) {
      const address = formatAddress(parsePlace(channel), "disc");
      expect(pickTarget(parseConversationId(conversationId(address)))).toBe(channel.id);
    }
    expect(formatAddress(parsePlace({ id: "5", type: 11, parent_id: "4" }), "disc")).toEqual({
      channel: "disc",
      chat: "4",
      thread: "5",
    });
  });
});
