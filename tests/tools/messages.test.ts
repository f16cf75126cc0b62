import { describe, expect, it } from "vitest";
import { createConversationSearch } from "../../src/tools/messages/conversation-search.ts";
import { createSendMessage } from "../../src/tools/messages/send-message.ts";
import { createToolContext, recordCommit, testTool } from "../contracts/tool.ts";

const targets = [{ name: "Operations", address: { channel: "work", chat: "C1", thread: "9" } }];
const found = [{ at: Date.UTC(2030, 0, 1, 9, 5), senderName: "Grace", text: "the key is under the mat" }];

testTool("send_message", {
  create: () => createSendMessage({ targets }),
  good: [{ text: "Hello" }, { text: "Hello", to: "Operations" }],
  refused: [{ text: "x", to: "nowhere" }],
});

testTool("conversation_search", {
  create: () =>
    createConversationSearch({
      search: () => Promise.resolve(Array.from({ length: 20 }, () => ({ ...found[0]!, text: "long ".repeat(1000) }))),
    }),
  good: [{ words: "key" }, { words: "key", limit: 20 }],
});

describe("send_message", () => {
  const tool = createSendMessage({ targets });

  it("sends nothing by itself: the message is committed with the result, under the call's key", async () => {
    const output = await tool.run({ text: "Hi" }, createToolContext());
    const message = {
      id: "key-1",
      address: { channel: "chat", chat: "room" },
      text: "Hi",
      attachments: [],
    };
    expect(await recordCommit(output.commit!)).toMatchObject([
      { name: "addOutbox", args: [[message], "chat/room"] },
      {
        name: "addMessages",
        args: [[{ conversation: "chat/room", externalId: "key-1", shown: message, inContext: false }]],
      },
    ]);
  });

  it("sends the same message in every attempt", async () => {
    const attempts = await Promise.all(
      [1, 2].map(() => tool.run({ text: "Hi", to: "operations" }, createToolContext())),
    );
    const [first, second] = await Promise.all(attempts.map((output) => recordCommit(output.commit!)));
    expect(first).toEqual(second);
    expect(first?.[0]?.args[1]).toBe("work/C1/9");
  });

  it("knows no place but those it was given", async () => {
    for (const to of ["work/C1", "C1", "chat/other", "constructor"]) {
      await expect(tool.run({ text: "Hi", to }, createToolContext())).rejects.toMatchObject({
        code: "forbidden",
        hint: "Known places: Operations.",
      });
      expect(() => tool.describe?.({ text: "Hi", to })).toThrow(expect.objectContaining({ code: "forbidden" }));
    }
  });

  it("shows the exact text and the exact place", () => {
    expect(tool.describe?.({ text: "a\u202eb ```", to: "Operations" })).toBe(
      "Send to Operations (work/C1/9):\n\n````\na⟨U+202E⟩b ```\n````",
    );
  });
});

describe("conversation_search", () => {
  it("searches the conversation of the call, and marks what it finds as from outside", async () => {
    const asked: unknown[] = [];
    const tool = createConversationSearch({
      search: (...args) => {
        asked.push(args);
        return Promise.resolve(found);
      },
    });
    expect(await tool.run({ words: "key" }, createToolContext())).toEqual({
      text: "[2030-01-01 09:05 UTC] Grace: the key is under the mat",
      isOutside: true,
    });
    expect(asked).toEqual([["chat/room", "key", 8]]);
  });

  it("says when there is nothing", async () => {
    const tool = createConversationSearch({ search: () => Promise.resolve([]) });
    expect(await tool.run({ words: "key" }, createToolContext())).toEqual({
      text: "Nothing was found.",
      isOutside: false,
    });
  });
});
