import { describe, expect, it } from "vitest";
import { createTools } from "../../src/tools/index.ts";
import { pickTools } from "../../src/tools/pick.ts";

const tools = createTools({
  timeZone: "UTC",
  fetch: () => Promise.reject(new Error("not here")),
  cleanText: String,
  search: () => Promise.resolve([]),
  targets: [],
});
const pick = (text: string, always: readonly string[] = []) =>
  pickTools(tools, text, { always }).map((tool) => tool.name);

describe("pickTools", () => {
  it.each([
    "ping",
    "hello",
    "thanks, that was great",
    "wie geht's?",
    "",
    "**bold** and a/b and well-known",
    "who are you?",
    "more information please",
  ])("offers nothing for %j", (text) => {
    expect(pick(text)).toEqual([]);
  });

  it.each([
    ["What's the TIME in Tokyo?", "date_and_time"],
    ["wie viel Uhr ist es", "date_and_time"],
    ["quel jour: aujourd’hui ?", "date_and_time"],
    ["what is 12*4", "calculator"],
    ["12 × (3 + 4)", "calculator"],
    ["calculated wrongly, 15 percentages", "calculator"],
    ["how much is it", "calculator"],
    ["see https://example.org/a", "web_fetch"],
    ["you mentioned it", "conversation_search"],
    ["last time we met", "conversation_search"],
    ["let them know", "send_message"],
    ["schicke das an alle", "send_message"],
  ])("%j offers %s", (text, name) => {
    expect(pick(text)).toContain(name);
  });

  it("keeps the tools' order, and offers what is always on", () => {
    expect(pick("send it at what time", ["web_fetch"])).toEqual(["date_and_time", "web_fetch", "send_message"]);
  });

  it("offers a tool without keywords always, and finds words in scripts without spaces", () => {
    const [clock] = tools;
    const silent = { ...clock!, name: "silent", keywords: [] };
    const chinese = { ...clock!, name: "chinese", keywords: ["时间"] };
    expect(pickTools([silent, chinese], "现在是什么时间？", { always: [] }).map((tool) => tool.name)).toEqual([
      "silent",
      "chinese",
    ]);
    expect(pickTools([silent, chinese], "ping", { always: [] }).map((tool) => tool.name)).toEqual(["silent"]);
  });

  it("has unique names, and schemas small enough for the prompt", () => {
    expect(new Set(tools.map((tool) => tool.name)).size).toBe(tools.length);
    for (const tool of tools)
      expect(JSON.stringify([tool.name, tool.description, tool.inputSchema]).length).toBeLessThan(900);
  });
});
