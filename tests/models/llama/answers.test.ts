import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelEvent, ModelRequest } from "../../../src/core/model.ts";
import { collect, lookupTool, pingRequest, textOf, toolRound } from "../../contracts/model.ts";
import { longWord, thinkWord, tinyAnswer, tinyThought, twiceWord } from "../../doubles/tiny-gguf.ts";
import { createLlamaWorld, type LlamaWorld } from "./world.ts";

const asking = (text: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  ...pingRequest,
  messages: [{ role: "user", content: [{ type: "text", text }] }],
  ...more,
});
const thoughtsOf = (events: readonly ModelEvent[]): string =>
  events.map((event) => (event.type === "thought" ? event.text : "")).join("");

describe("what a local model answers", () => {
  let world: LlamaWorld;
  beforeAll(async () => {
    world = await createLlamaWorld();
  });
  afterAll(() => world.close());

  it("speaks in pieces, counts, and costs nothing", async () => {
    const model = await world.model();
    const events = await collect(model, asking("ping"));
    expect(textOf(events)).toBe(tinyAnswer);
    expect(events.filter(({ type }) => type === "text").length).toBeGreaterThan(3);
    const done = events.at(-1);
    expect(done).toMatchObject({ type: "done", stop: "end", costMicros: 0, modelId: "llama/tiny.gguf" });
    if (done?.type !== "done") return;
    // Nine words and the end of the turn.
    expect(done.usage.outputTokens).toBe(9);
    expect(done.usage.inputTokens).toBeGreaterThan(40);
  });

  it("keeps thoughts apart, and takes them back within a turn", async () => {
    const model = await world.model();
    const events = await collect(model, asking(`${thinkWord} please`));
    expect(thoughtsOf(events)).toBe(tinyThought);
    expect(textOf(events)).toBe(tinyAnswer);
    expect(events.at(-1)).toMatchObject({
      thoughts: [{ type: "thought", text: tinyThought, providerMetadata: { llama: {} } }],
    });
  });

  it("calls a tool, reads the result, and goes on", async () => {
    const model = await world.model();
    const first = asking(`${thinkWord} of tea`, { tools: [lookupTool] });
    const events = await collect(model, first);
    const calls = events.filter((event) => event.type === "toolCall");
    expect(calls).toMatchObject([{ name: "lookup", input: { query: "tea" } }]);
    expect(events.at(-1)).toMatchObject({ type: "done", stop: "toolCalls" });
    expect(textOf(events)).toBe("");
    const [call] = calls;
    const done = events.at(-1);
    if (call === undefined || done?.type !== "done") return;
    const next = await collect(model, {
      ...first,
      messages: [
        ...first.messages,
        { role: "assistant", content: [...(done.thoughts ?? []), call] },
        {
          role: "tool",
          content: [{ type: "toolResult", id: call.id, name: "lookup", output: "Hot.", isError: false }],
        },
      ],
    });
    expect(textOf(next)).toBe(tinyAnswer);
    const end = next.at(-1);
    if (end?.type !== "done") throw new Error("no end");
    // Its own words come back as it said them: only the result is new.
    expect(end.usage.inputTokens - end.usage.cachedTokens).toBeLessThan(60);
  });

  it("makes several calls in one step", async () => {
    const model = await world.model();
    const events = await collect(model, asking(`${twiceWord} please`, { tools: [lookupTool] }));
    const calls = events.filter((event) => event.type === "toolCall");
    expect(calls).toHaveLength(2);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    expect(events.at(-1)).toMatchObject({ type: "done", stop: "toolCalls" });
  });

  it("fills in an object of a schema and nothing else", async () => {
    const model = await world.model();
    const events = await collect(
      model,
      asking("an object", {
        jsonSchema: {
          type: "object",
          properties: { query: { type: "string" }, count: { type: "integer" }, ok: { enum: ["yes"] } },
          required: ["query", "count", "ok"],
          additionalProperties: false,
        },
      }),
    );
    expect(JSON.parse(textOf(events))).toEqual({ query: "tea", count: 2, ok: "yes" });
    expect(events.at(-1)).toMatchObject({ type: "done", stop: "end" });
  });

  it("stops at the limit of tokens, the request's before the alias's", async () => {
    const model = await world.model("tiny.gguf", { maxTokens: 12 });
    const events = await collect(model, asking(longWord));
    expect(events.at(-1)).toMatchObject({ type: "done", stop: "length", usage: { outputTokens: 12 } });
    const shorter = await collect(model, asking(longWord, { maxTokens: 5 }));
    expect(shorter.at(-1)).toMatchObject({ type: "done", stop: "length", usage: { outputTokens: 5 } });
  });

  it("ends with the room that there is, and says when there is none", async () => {
    const model = await world.model("tiny.gguf", { contextTokens: 512 });
    const events = await collect(model, asking(longWord));
    expect(events.at(-1)).toMatchObject({ type: "done", stop: "length" });
    const refused = await collect(model, asking("x".repeat(600)));
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ type: "error", reason: "rejected", retryable: false });
    expect(refused[0]).toHaveProperty("message", expect.stringMatching(/^Context too long/));
  });

  it("goes on with a finished tool round", async () => {
    const model = await world.model();
    const events = await collect(model, {
      ...pingRequest,
      messages: [...pingRequest.messages, ...toolRound],
      tools: [lookupTool],
    });
    expect(textOf(events)).toBe(tinyAnswer);
  });
});
