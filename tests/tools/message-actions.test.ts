import { describe, expect, it } from "vitest";
import type { Channel } from "../../src/core/channel.ts";
import { createMessageActions } from "../../src/tools/messages/act-on-message.ts";
import type { PlacedMessage } from "../../src/core/message.ts";
import { createToolContext, recordCommit, testTool } from "../contracts/tool.ts";

const messages: readonly PlacedMessage[] = [
  { platformId: "p5", ours: { outboundId: "o5", parts: 1 }, text: "Lunch is at noon" },
  { platformId: "p4", text: "When is lunch?" },
  { platformId: "p3", ours: { outboundId: "o3", parts: 2 }, text: "A long story" },
  { platformId: "p2", text: "Tell me a long story" },
  { platformId: "p1", ours: { outboundId: "o1", parts: 1 }, text: "Lunch is at one" },
];

function setUp(traits: Partial<Channel["traits"]> = {}, able = true) {
  const calls: unknown[] = [];
  const channel = {
    traits: { maxTextLength: 100, ...traits } as Channel["traits"],
    ...(able
      ? {
          edit: (...args: readonly unknown[]) => Promise.resolve(void calls.push(["edit", ...args.slice(0, 2)])),
          react: (...args: readonly unknown[]) => Promise.resolve(void calls.push(["react", ...args.slice(0, 3)])),
        }
      : {}),
  };
  const [edit, react, reply] = createMessageActions({
    recentMessages: (conversation) => Promise.resolve(conversation === "chat/room" ? messages : []),
    channel: (name) => (name === "chat" ? channel : undefined),
  });
  return { edit: edit!, react: react!, reply: reply!, calls };
}

testTool("edit_message", {
  create: () => setUp().edit,
  good: [{ message: "at noon", text: "Lunch is at *one*" }],
  refused: [
    { message: "When is", text: "x" },
    { message: "A long", text: "x" },
    { message: "at noon", text: "x".repeat(200) },
  ],
});
testTool("react_to_message", {
  create: () => setUp().react,
  good: [{ emoji: "👍" }, { emoji: "👩‍💻", message: "When is lunch" }],
  refused: [{ emoji: "ok" }, { emoji: "👍👍" }, { emoji: "👍", message: "nowhere" }],
});
testTool("reply_to_message", {
  create: () => setUp().reply,
  good: [{ message: "when is lunch", text: "At noon" }],
  refused: [{ message: "lunch", text: "x" }],
});

const address = { channel: "chat", chat: "room" };

describe("edit_message", () => {
  it("changes the one message of ours with these words", async () => {
    const { edit, calls } = setUp();
    const output = await edit.run({ message: "lunch is  at NOON", text: "At one" }, createToolContext());
    expect(calls).toEqual([["edit", { id: "o5", address, text: "At one", attachments: [] }, "p5"]]);
    expect(await recordCommit(output.commit!)).toEqual([
      { name: "reviseMessage", args: ["chat/room", "o5", { text: "At one" }] },
    ]);
  });

  it("changes nothing when several may be meant, when it is not ours, or when it cannot be done whole", async () => {
    const { edit, calls } = setUp();
    for (const [message, code] of [
      ["lunch is at", "conflict"],
      ["When is lunch", "not-found"],
      ["A long story", "unsupported"],
    ] as const)
      await expect(edit.run({ message, text: "x" }, createToolContext()), message).rejects.toMatchObject({ code });
    expect(calls).toEqual([]);
  });

  it("sees the conversation of the call only, and says when the channel cannot do it", async () => {
    const elsewhere = createToolContext({ conversation: "chat/other", address: { channel: "chat", chat: "other" } });
    await expect(setUp().edit.run({ message: "at noon", text: "x" }, elsewhere)).rejects.toMatchObject({
      code: "not-found",
    });
    const { edit, react } = setUp({}, false);
    await expect(edit.run({ message: "at noon", text: "x" }, createToolContext())).rejects.toMatchObject({
      code: "unsupported",
    });
    await expect(react.run({ emoji: "👍" }, createToolContext())).rejects.toMatchObject({ code: "unsupported" });
  });
});

describe("react_to_message", () => {
  it("reacts to what somebody else said last, or to the message with these words", async () => {
    const { react, calls } = setUp();
    await react.run({ emoji: "👍" }, createToolContext());
    await react.run({ emoji: "🇪🇺", message: "at noon" }, createToolContext());
    expect(calls).toEqual([
      ["react", address, "p4", "👍"],
      ["react", address, "p5", "🇪🇺"],
    ]);
  });
});

describe("reply_to_message", () => {
  it("puts an answer to that message into the outbox, under the call's key", async () => {
    const { reply } = setUp();
    const output = await reply.run({ message: "When is lunch?", text: "At noon" }, createToolContext());
    const sent = { id: "key-1", address, text: "At noon", attachments: [], replyToId: "p4" };
    expect(await recordCommit(output.commit!)).toMatchObject([
      { name: "addOutbox", args: [[sent], "chat/room"] },
      { name: "addMessages" },
    ]);
  });

  it("takes the message whose whole text it is before those that hold it", async () => {
    const output = await setUp().reply.run({ message: "a long story", text: "x" }, createToolContext());
    const [outbox] = await recordCommit(output.commit!);
    expect(outbox?.args[0]).toMatchObject([{ replyToId: "p3" }]);
  });
});
