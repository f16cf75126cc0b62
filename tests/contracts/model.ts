import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model, ModelEvent, ModelRequest, ToolDescription } from "../../src/core/model.ts";

/** A world in which the model answers, and what else can be arranged in it; absent: it cannot, and is not tested. */
export interface ModelWorld {
  readonly model: Model;
  /** It will call the tool "lookup" with {"query":"tea"}, and speak once the result is there. */
  readonly callsTool?: boolean;
  /** The server will take requests and stay silent. */
  readonly hang?: () => void;
  /** The server will fail in a way worth retrying. */
  readonly fail?: () => void;
  readonly close?: () => Promise<void>;
}

export const lookupTool: ToolDescription = {
  name: "lookup",
  description: "Looks something up.",
  effect: "read",
  inputSchema: {
    type: "object",
    properties: { query: { type: "string" } },
    required: ["query"],
    additionalProperties: false,
  },
};

export const pingRequest: ModelRequest = {
  system: "You are brief.",
  messages: [{ role: "user", content: [{ type: "text", text: "ping" }] }],
  tools: [],
};

/** Everything a stream yields. Throws only when the stream does, which no model may. */
export async function collect(
  model: Model,
  request: ModelRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of model.stream(request, signal)) events.push(event);
  return events;
}

export function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === "text" ? event.text : "")).join("");
}

/** What every Model keeps to, whoever is behind it. */
export function testModel(name: string, create: () => Promise<ModelWorld>): void {
  describe(`${name} as a model`, () => {
    let world: ModelWorld;
    beforeAll(async () => {
      world = await create();
    });
    afterAll(async () => {
      await world.close?.();
    });

    it("has a name and room", () => {
      expect(world.model.id).not.toBe("");
      expect(world.model.contextTokens).toBeGreaterThan(0);
    });

    it("says something and ends once, last, with usage and its name", async () => {
      const events = await collect(
        world.model,
        world.callsTool
          ? {
              ...pingRequest,
              messages: [...pingRequest.messages, ...toolRound],
              tools: [lookupTool],
            }
          : pingRequest,
      );
      const last = events.at(-1);
      expect(last).toMatchObject({ type: "done", stop: "end", modelId: world.model.id });
      expect(events.filter(isFinal)).toHaveLength(1);
      expect(textOf(events).length).toBeGreaterThan(0);
      if (last?.type !== "done") return;
      for (const count of Object.values(last.usage)) expect(Number.isInteger(count) && count >= 0).toBe(true);
      expect(last.usage.cachedTokens).toBeLessThanOrEqual(last.usage.inputTokens);
    });

    it("answers two at once without mixing them", async () => {
      const request = world.callsTool
        ? { ...pingRequest, messages: [...pingRequest.messages, ...toolRound], tools: [lookupTool] }
        : pingRequest;
      const [one, two] = await Promise.all([collect(world.model, request), collect(world.model, request)]);
      expect(textOf(one)).toBe(textOf(two));
    });

    it("calls a tool with complete input", async ({ skip }) => {
      if (!world.callsTool) skip();
      const events = await collect(world.model, { ...pingRequest, tools: [lookupTool] });
      const calls = events.filter((event) => event.type === "toolCall");
      expect(calls).toHaveLength(1);
      expect(calls[0]).toMatchObject({ name: "lookup", input: { query: "tea" } });
      expect(calls[0]?.id).not.toBe("");
      expect(events.at(-1)).toMatchObject({ type: "done", stop: "toolCalls" });
    });

    it("ends with one event when it was stopped before it began", async () => {
      const events = await collect(world.model, pingRequest, AbortSignal.abort());
      expect(events.filter(isFinal)).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ type: "error", reason: "aborted", retryable: false });
    });

    it("stops in the middle when told to", async () => {
      const controller = new AbortController();
      const events: ModelEvent[] = [];
      for await (const event of world.model.stream(
        {
          ...pingRequest,
          messages: [...pingRequest.messages, ...(world.callsTool ? toolRound : [])],
          tools: world.callsTool ? [lookupTool] : [],
        },
        controller.signal,
      )) {
        events.push(event);
        controller.abort();
      }
      expect(events.filter(isFinal)).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ type: "error", reason: "aborted" });
    });

    it("lets its reader leave early", async () => {
      for await (const event of world.model.stream(pingRequest, new AbortController().signal)) {
        expect(event.type).not.toBe("error");
        break;
      }
    });

    it("ends soon when it is stopped while nothing comes", async ({ skip }) => {
      if (!world.hang) skip();
      world.hang?.();
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 30);
      const events = await collect(world.model, pingRequest, controller.signal);
      expect(events.filter((event) => event.type !== "thought")).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ type: "error", reason: "aborted", retryable: false });
    });

    it("tells of a failure as its last event", async ({ skip }) => {
      if (!world.fail) skip();
      world.fail?.();
      const events = await collect(world.model, pingRequest);
      expect(events.filter(isFinal)).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ type: "error", retryable: true });
    });
  });
}

function isFinal(event: ModelEvent): boolean {
  return event.type === "done" || event.type === "error";
}

/** A finished tool round: the model's call and its result. */
export const toolRound: ModelRequest["messages"] = [
  {
    role: "assistant",
    content: [{ type: "toolCall", id: "call_1", name: "lookup", input: { query: "tea" } }],
  },
  {
    role: "tool",
    content: [{ type: "toolResult", id: "call_1", name: "lookup", output: "Tea is hot.", isError: false }],
  },
];
