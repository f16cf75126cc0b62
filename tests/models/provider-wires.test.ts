import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model, ModelEvent } from "../../src/core/model.ts";
import type { AliasConfig } from "../../src/models/alias.ts";
import { createProviderModel } from "../../src/models/provider.ts";
import { collect, lookupTool, pingRequest, textOf } from "../contracts/model.ts";
import {
  createWireServer,
  providers,
  stream,
  type Frame,
  type Part,
  type Stop,
  type WireServer,
} from "./wire-frames.ts";

const key = "key-0123456789abcdef";
const twoTools = [lookupTool, { ...lookupTool, name: "find" }];
const request = { ...pingRequest, tools: twoTools };
const tea: Part = { call: "lookup", id: "call_a", args: ['{"que', 'ry":"t', 'ea"}'] };
const milk: Part = { call: "find", id: "call_b", args: ['{"query":', '"milk"}'] };

for (const [name, { frames, alias }] of Object.entries(providers)) {
  describe(`the provider ${name}`, () => {
    let server: WireServer;
    let model: Model;
    beforeAll(async () => {
      server = await createWireServer();
      model = await create();
    });
    afterAll(() => server.close());

    function create(extra: Partial<AliasConfig> = {}): Promise<Model> {
      const config: AliasConfig = { ...alias, apiKey: key, baseUrl: server.url, ...extra };
      return createProviderModel(config, { name: "smart", now: () => Date.parse("2026-03-01T12:00:00Z") });
    }
    function says(parts: readonly Part[], stop?: Stop, then?: Parameters<typeof stream>[2]): void {
      server.answer((response) => stream(response, frames(parts, stop), then));
    }
    const thoughtOf = (events: readonly ModelEvent[]) =>
      events.map((event) => (event.type === "thought" ? event.text : "")).join("");
    const callsOf = (events: readonly ModelEvent[]) =>
      events.flatMap((event) => (event.type === "toolCall" ? [[event.name, event.input]] : []));

    it("keeps thoughts, text and calls apart, with calls in pieces and side by side", async () => {
      says([{ thought: ["first ", "this"] }, { text: ["Let me ", "look."] }, tea, milk], "toolCalls");
      const events = await collect(model, request);
      expect(textOf(events)).toBe("Let me look.");
      expect(thoughtOf(events)).toBe("first this");
      expect(callsOf(events)).toEqual([
        ["lookup", { query: "tea" }],
        ["find", { query: "milk" }],
      ]);
      const ids = events.flatMap((event) => (event.type === "toolCall" ? [event.id] : []));
      expect(new Set(ids).size).toBe(2);
      expect(events.at(-1)).toMatchObject({ type: "done", stop: "toolCalls" });
    });

    it("counts what was cached, and what it thought", async () => {
      says([{ text: ["Hello."] }], "end");
      expect((await collect(model, request)).at(-1)).toMatchObject({
        type: "done",
        usage: { inputTokens: 200, outputTokens: 20, cachedTokens: 150 },
      });
    });

    // Anthropic always counts: its SDK takes no answer that does not.
    it.each(name === "anthropic" ? [] : (["end"] as const))(
      "is counted for where it does not count (%s)",
      async (stop) => {
        server.answer((response) => stream(response, frames([{ text: ["x".repeat(400)] }], stop, "uncounted")));
        const done = (await collect(model, request)).at(-1);
        expect(done).toMatchObject({ type: "done", usage: { outputTokens: 100, cachedTokens: 0 } });
        expect(done?.type === "done" && done.usage.inputTokens).toBeGreaterThan(20);
      },
    );

    it.each(["end", "length", "filtered"] as const)("says why it stopped: %s", async (stop) => {
      says([{ text: ["Half a"] }], stop);
      const events = await collect(model, request);
      expect(textOf(events)).toBe("Half a");
      expect(events.at(-1)).toMatchObject({ type: "done", stop });
    });

    it("takes a schema for the answer", async () => {
      const schema = {
        type: "object",
        properties: { cups: { type: "integer" } },
        required: ["cups"],
        additionalProperties: false,
      };
      const answer = ['{"cups"', ":2}"];
      server.answer((response, body) =>
        // Where there is no such setting, the SDK asks by way of a tool.
        stream(
          response,
          /"name":"json"/.test(body)
            ? frames([{ call: "json", id: "call_j", args: answer }], "toolCalls")
            : frames([{ text: answer }], "end"),
        ),
      );
      const events = await collect(model, { ...pingRequest, jsonSchema: schema });
      expect(JSON.parse(textOf(events))).toEqual({ cups: 2 });
      expect(events.at(-1)).toMatchObject({ type: "done", stop: "end" });
      expect(server.asked.at(-1)?.body).toContain('"cups"');
    });

    it.each([
      [
        401,
        {},
        { reason: "rejected", retryable: false, message: expect.stringContaining("models.aliases.smart.apiKey") },
      ],
      [403, {}, { reason: "rejected", retryable: false }],
      [
        404,
        {},
        { reason: "rejected", retryable: false, message: expect.stringContaining("models.aliases.smart.model") },
      ],
      [429, { "retry-after": "7" }, { reason: "unavailable", retryable: true, retryAfterMs: 7_000 }],
      [
        429,
        { "retry-after": "Sun, 01 Mar 2026 12:00:30 GMT" },
        { reason: "unavailable", retryable: true, retryAfterMs: 30_000 },
      ],
      [500, {}, { reason: "unavailable", retryable: true }],
      [529, {}, { reason: "unavailable", retryable: true }],
      [
        307,
        { location: "/elsewhere" },
        { reason: "rejected", retryable: false, message: expect.stringContaining("redirect") },
      ],
    ])("answers %i %j with an event that fits, asked once", async (status, headers, expected) => {
      const before = server.asked.length;
      server.answer((response) => {
        response.writeHead(status, { "content-type": "application/json", ...headers });
        response.end(JSON.stringify({ error: { message: `No, says ${key}.`, type: "x", code: status } }));
      });
      const events = await collect(model, request);
      expect(events).toEqual([expect.objectContaining({ type: "error", ...expected })]);
      expect(server.asked.length - before).toBe(1);
      expect(JSON.stringify(events)).not.toContain(key);
    });

    it.each([
      ["is no JSON", "<html>Bad gateway</html>", "text/html"],
      ["is JSON of another kind", '{"hello":"world"}', "application/json"],
      ["is nothing", "", "application/json"],
      ["is a stream of no JSON", "data: {not json\n\ndata: ]]\n\n", "text/event-stream"],
      ["is noise", Buffer.from([1, 2, 3, 255, 254, 0, 0, 0, 9]), "application/octet-stream"],
    ])("fails once, worth another try, when an answer of 200 %s", async (_what, body, type) => {
      server.answer((response) => {
        response.writeHead(200, { "content-type": type });
        response.end(body);
      });
      const events = await collect(model, request);
      expect(events).toEqual([expect.objectContaining({ type: "error", retryable: true })]);
    });

    const half: readonly [string, Part][] = [
      ["a text", { text: ["Half a"], isOpen: true }],
      ["a thought", { thought: ["half of"], isOpen: true }],
      ...(name === "google"
        ? []
        : [["a call", { call: "lookup", id: "c", args: ['{"que'], isOpen: true }] as [string, Part]]),
    ];
    describe.each(half)("in the middle of %s", (_what, part) => {
      it.each([
        ["breaks", "unavailable"],
        ["ends", "unavailable"],
        ["falls silent", "timeout"],
      ] as const)("%s: an error, and no call that is half one", async (then, reason) => {
        const impatient = then === "falls silent" ? await create({ idleTimeoutMs: 80 }) : model;
        says([part], undefined, then);
        const events = await collect(impatient, request);
        expect(events.filter(({ type }) => type === "error" || type === "done")).toHaveLength(1);
        expect(events.at(-1)).toMatchObject({ type: "error", reason, retryable: true });
        expect(callsOf(events)).toEqual([]);
        // It was paid for, by what can be told.
        const spent = events.at(-2);
        expect(spent).toMatchObject({ type: "spent", modelId: model.id, usage: { cachedTokens: 0 } });
        expect(spent?.type === "spent" && spent.usage.inputTokens).toBeGreaterThan(20);
        expect(spent?.type === "spent" && spent.usage.outputTokens).toBeGreaterThan(0);
        if ("text" in part) expect(textOf(events)).toBe("Half a");
        await expect.poll(() => server.stats.open).toBe(0);
      });
    });

    it("waits for the first token no longer than it may", async () => {
      server.answer(() => undefined);
      const events = await collect(await create({ firstTokenTimeoutMs: 60 }), request);
      expect(events).toEqual([expect.objectContaining({ type: "error", reason: "timeout", retryable: true })]);
      await expect.poll(() => server.stats.open).toBe(0);
    });

    it("hangs up when it is stopped in mid-stream", async () => {
      const before = server.stats.hungUp;
      says([{ text: ["Half a"], isOpen: true }], undefined, "falls silent");
      const controller = new AbortController();
      const events: ModelEvent[] = [];
      for await (const event of model.stream(request, controller.signal)) {
        events.push(event);
        if (event.type === "text") controller.abort();
      }
      expect(events.map(({ type }) => type)).toEqual(["text", "spent", "error"]);
      expect(events.at(-1)).toMatchObject({ type: "error", reason: "aborted" });
      await expect.poll(() => server.stats.hungUp - before).toBe(1);
      expect(server.stats.open).toBe(0);
    });

    it.each([
      ["a refusal", 500, "application/json"],
      ["an answer", 200, "text/event-stream"],
    ])("reads no %s of 100 MB", async (_what, status, type) => {
      let written = 0;
      const block = Buffer.alloc(1_000_000, "x");
      server.answer(async (response) => {
        response.writeHead(status, { "content-type": type });
        while (written < 100_000_000 && !response.destroyed) {
          written += block.length;
          if (!response.write(block))
            await new Promise<void>((resolve) => {
              response.once("drain", resolve);
              response.once("close", resolve);
            });
        }
        response.end();
      });
      const events = await collect(model, request);
      expect(events).toEqual([expect.objectContaining({ type: "error", retryable: true })]);
      expect(written).toBeLessThan(50_000_000);
      await expect.poll(() => server.stats.open).toBe(0);
    });

    it("comes to no harm in a stream of a thousand pieces cut anywhere", async () => {
      const said = frames([{ text: Array.from({ length: 1_000 }, (_, index) => `${index} `) }], "end");
      const whole = Buffer.concat(said.map((frame: Frame) => Buffer.from(frame)));
      server.answer(async (response) => {
        response.writeHead(200, {
          "content-type": name === "bedrock" ? "application/vnd.amazon.eventstream" : "text/event-stream",
        });
        for (let at = 0; at < whole.length; at += 7_919) response.write(whole.subarray(at, at + 7_919));
        response.end();
      });
      const events = await collect(model, request);
      expect(textOf(events).trim().split(" ").map(Number)).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    });
  });
}
