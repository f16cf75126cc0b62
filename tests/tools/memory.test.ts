import { describe, expect, it } from "vitest";
import type { MemoryDesk, MemoryRecord } from "../../src/core/memory.ts";
import { createMemoryTools } from "../../src/tools/memory.ts";
import { createToolContext, recordCommit, testTool } from "../contracts/tool.ts";
import { note } from "../memory/scene.ts";

const record: MemoryRecord = {
  ...note("r1", "The key is under\nthe mat.", { place: "house.md, Page 2" }),
  seq: 1,
  accessCount: 0,
};
const desk: MemoryDesk = {
  scopesAt: async ({ isGroup }) => (isGroup ? ["conversation:chat/room"] : ["person:chat:1", "team"]),
  recall: async (_place, text) => ({
    items: text === "nothing" ? [] : Array.from({ length: 20 }, () => ({ record, score: 1, reason: "key" })),
  }),
  recallForTurn: async () => undefined,
  newest: async () => [],
  find: async (_place, id) => (id === "r1" ? record : undefined),
};
const toolNamed = (name: string) => {
  const tool = createMemoryTools(desk).find((each) => each.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool;
};

testTool("remember", {
  create: () => toolNamed("remember"),
  good: [{ text: "Tea at four." }],
  refused: [{ text: "x", for: "team" }],
});
testTool("recall", { create: () => toolNamed("recall"), good: [{ query: "key" }, { query: "nothing", limit: 3 }] });
testTool("forget", {
  create: () => toolNamed("forget"),
  good: [{ id: "r1", text: "The key is under the mat." }],
  refused: [
    { id: "none", text: "The key" },
    { id: "r1", text: "The door" },
  ],
});

describe("remember", () => {
  const keep = async (context: Parameters<typeof createToolContext>[0], input: object = {}) => {
    const output = await toolNamed("remember").run({ text: "Tea at four.", ...input }, createToolContext(context));
    const [call] = await recordCommit(output.commit ?? (async () => undefined));
    return (call?.args[0] as readonly object[] | undefined)?.[0];
  };

  it("keeps for the person in a direct chat, for the group where others read along or nobody can tell", async () => {
    expect(await keep({ isGroup: false })).toMatchObject({ scope: "person:chat:1", id: "kept:key-1" });
    expect(await keep({ isGroup: true })).toMatchObject({ scope: "conversation:chat/room" });
    expect(await keep({})).toMatchObject({ scope: "conversation:chat/room" });
    expect(await keep({ isGroup: false }, { for: "team" })).toMatchObject({ scope: "team" });
  });

  it("notes that text from outside was there, also when nobody can tell", async () => {
    expect(await keep({ isTainted: false })).toMatchObject({ isOutside: false });
    expect(await keep({ isTainted: true })).toMatchObject({ isOutside: true });
    expect(await keep({})).toMatchObject({ isOutside: true });
  });
});

describe("forget", () => {
  it("shows word for word what will be forgotten, and forgets within the scopes of who asks", async () => {
    const input = { id: "r1", text: "The key is under the mat." };
    expect(toolNamed("forget").describe?.(input)).toContain("The key is under the mat.");
    const output = await toolNamed("forget").run(input, createToolContext({ isGroup: false }));
    expect(await recordCommit(output.commit ?? (async () => undefined))).toEqual([
      { name: "forgetMemories", args: [["r1"], ["person:chat:1", "team"]] },
    ]);
  });
});

describe("recall", () => {
  it("gives each find its source and its id", async () => {
    const output = await toolNamed("recall").run({ query: "key", limit: 1 }, createToolContext());
    expect(output.text).toContain("[house.md, Page 2] (id r1)");
    expect(output.isOutside).toBe(false);
  });
});
