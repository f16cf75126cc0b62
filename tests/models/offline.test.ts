import { describe, expect, it } from "vitest";
import type { ModelRequest, ToolDescription } from "../../src/core/model.ts";
import { createOfflineModel } from "../../src/models/offline.ts";
import { collect, pingRequest, textOf } from "../contracts/model.ts";

const search: ToolDescription = {
  name: "search_conversation",
  description: "Searches.",
  effect: "read",
  inputSchema: { type: "object", properties: { words: { type: "string" } } },
};
const ask = (text: string): ModelRequest => ({
  ...pingRequest,
  messages: [{ role: "user", content: [{ type: "text", text }] }],
  tools: [search],
});
const found = (output: string, isError = false): ModelRequest => ({
  ...ask("Where is the tea?"),
  messages: [
    ...ask("Where is the tea?").messages,
    { role: "assistant", content: [{ type: "toolCall", id: "x", name: search.name, input: {} }] },
    {
      role: "tool",
      content: [{ type: "toolResult", id: "x", name: search.name, output, isError }],
    },
  ],
});

describe("the offline model", () => {
  it("says what is missing and how to get it, in small pieces, always the same", async () => {
    const model = createOfflineModel();
    const events = await collect(model, pingRequest);
    expect(textOf(events)).toMatch(/^No language model is set up/);
    expect(textOf(events)).toMatch(/ANTHROPIC_API_KEY.*OPENAI_API_KEY.*GEMINI_API_KEY.*Ollama.*parlance\.yaml/s);
    expect(events.length).toBeGreaterThan(20);
    expect(await collect(model, pingRequest)).toEqual(events);
  });

  it.each(["Where did we put the tea?", "where is the tea", "The tea, is it in the kitchen?"])(
    "searches when asked: %s",
    async (text) => {
      const events = await collect(createOfflineModel(), ask(text));
      expect(events[0]).toMatchObject({
        type: "toolCall",
        name: "search_conversation",
        input: { words: expect.stringContaining("tea") },
      });
      expect(events.at(-1)).toMatchObject({ type: "done", stop: "toolCalls" });
    },
  );

  it("does not search when nothing was asked, or the tool is not offered", async () => {
    for (const request of [ask("Thanks."), { ...ask("Where is it?"), tools: [] }])
      expect((await collect(createOfflineModel(), request)).some((event) => event.type === "toolCall")).toBe(false);
  });

  it("quotes what was found, word for word, and nothing else", async () => {
    const text = textOf(await collect(createOfflineModel(), found("Ada: in the kitchen\nLinus: top shelf")));
    expect(text).toContain("> Ada: in the kitchen\n> Linus: top shelf");
    expect(text).toContain("No language model is set up");
  });

  it.each([
    ["", false],
    ["boom", true],
  ] as const)("admits that nothing was found (%j)", async (output, isError) => {
    const text = textOf(await collect(createOfflineModel(), found(output, isError)));
    expect(text).toContain("found nothing");
    expect(text).not.toContain("boom");
  });

  it("refuses to fill in a form", async () => {
    expect(await collect(createOfflineModel(), { ...pingRequest, jsonSchema: { type: "object" } })).toEqual([
      expect.objectContaining({ type: "error", reason: "rejected", retryable: false }),
    ]);
  });
});
