import { afterEach, describe, expect, it } from "vitest";
import type { Model, ModelRequest } from "../../src/core/model.ts";
import type { AliasConfig } from "../../src/models/alias.ts";
import { createProviderModel } from "../../src/models/provider.ts";
import { collect, lookupTool, pingRequest, textOf, toolRound } from "../contracts/model.ts";
import { createFakeOpenAi, type FakeOpenAi, type FakeOpenAiOptions } from "../doubles/fake-openai.ts";
import { createFakeHosted, type FakeHosted, type Wire } from "./fake-hosted.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function compatible(
  options: FakeOpenAiOptions,
  alias: Partial<AliasConfig> = {},
): Promise<{ fake: FakeOpenAi; model: Model }> {
  const fake = await createFakeOpenAi(options);
  open.push(fake);
  return {
    fake,
    model: await createProviderModel(
      { provider: "openai-compatible", model: "m", baseUrl: fake.url, ...alias },
      { name: "fast" },
    ),
  };
}

async function hosted(wire: Wire, alias: Omit<AliasConfig, "baseUrl">): Promise<{ fake: FakeHosted; model: Model }> {
  const fake = await createFakeHosted(wire);
  open.push(fake);
  return {
    fake,
    model: await createProviderModel({ ...alias, baseUrl: fake.url }, { name: "smart" }),
  };
}

const key = "key-0123456789abcdef";
const image = {
  type: "file",
  name: "dot.png",
  mimeType: "image/png",
  base64: "iVBORw0KGgo=",
} as const;

describe("a stream", () => {
  it("carries usage, cached tokens and no cost on this machine", async () => {
    const { model } = await compatible({});
    const events = await collect(model, pingRequest);
    expect(textOf(events)).toBe("Hello from the fake.");
    expect(events.filter((event) => event.type === "text")).toHaveLength(4);
    expect(events.at(-1)).toEqual({
      type: "done",
      usage: { inputTokens: 120, outputTokens: 12, cachedTokens: 100 },
      stop: "end",
      modelId: "openai-compatible/m",
      costMicros: 0,
    });
  });

  it("is priced by the alias: cached input at its own price", async () => {
    const { model } = await compatible({}, { price: { input: 10, output: 100, cached: 1 } });
    expect((await collect(model, pingRequest)).at(-1)).toMatchObject({
      costMicros: 20 * 10 + 100 * 1 + 12 * 100,
    });
  });

  it("is counted roughly when the server does not count", async () => {
    const { model } = await compatible({ mode: "no-usage" });
    expect((await collect(model, pingRequest)).at(-1)).toMatchObject({
      usage: { inputTokens: 5, outputTokens: 5, cachedTokens: 0 },
    });
  });

  it.each(["think", "reasoning"] as const)("keeps thoughts out of the text (%s)", async (mode) => {
    const { model } = await compatible({ mode });
    const events = await collect(model, pingRequest);
    expect(textOf(events)).toBe("Hello from the fake.");
    expect(events.map((event) => (event.type === "thought" ? event.text : "")).join("")).toContain("secret plan");
  });

  it("hands a garbled tool call on as the text it was", async () => {
    const { model } = await compatible({ mode: "garbled-tool" });
    const events = await collect(model, { ...pingRequest, tools: [lookupTool] });
    expect(events.find((event) => event.type === "toolCall")).toMatchObject({
      name: "lookup",
      input: '{"query": tea',
    });
    expect(events.at(-1)).toMatchObject({ type: "done", stop: "toolCalls" });
  });

  it.each([
    ["garbage", { reason: "garbled", retryable: true }],
    ["unfinished", { reason: "unavailable", retryable: true }],
    ["cut", { reason: "unavailable", retryable: true }],
    ["error", { reason: "unavailable", retryable: true }],
    ["rate-limit", { reason: "unavailable", retryable: true, retryAfterMs: 7_000 }],
    ["unauthorised", { reason: "rejected", retryable: false }],
    [
      "too-long",
      {
        reason: "rejected",
        retryable: false,
        message: expect.stringContaining("Context too long"),
      },
    ],
  ] as const)("ends in an event that fits: %s", async (mode, expected) => {
    const { model } = await compatible({ mode }, { apiKey: key });
    const events = await collect(model, pingRequest);
    expect(events.at(-1)).toMatchObject({ type: "error", ...expected });
    expect(events.filter((event) => event.type === "error")).toHaveLength(1);
    expect(JSON.stringify(events)).not.toContain(key);
    expect(JSON.stringify(events.at(-1))).toContain("fast");
  });

  it("says that nobody listens", async () => {
    const { fake, model } = await compatible({});
    await fake.close();
    expect(await collect(model, pingRequest)).toEqual([
      expect.objectContaining({
        reason: "unavailable",
        retryable: true,
        message: expect.stringContaining("ECONNREFUSED"),
      }),
    ]);
  });

  it.each(["hang", "stall"] as const)("times out when the server falls silent (%s)", async (mode) => {
    const { model } = await compatible({ mode }, { firstTokenTimeoutMs: 60, idleTimeoutMs: 60 });
    expect((await collect(model, pingRequest)).at(-1)).toMatchObject({
      type: "error",
      reason: "timeout",
      retryable: true,
    });
  });

  it("takes comments for a sign of life", async () => {
    const { model } = await compatible({ mode: "working", delayMs: 25 }, { firstTokenTimeoutMs: 120 });
    expect((await collect(model, pingRequest)).at(-1)).toMatchObject({ type: "done" });
  });

  it("does not take a slow reader for a silent server", async () => {
    const { model } = await compatible({ chunks: 3 }, { idleTimeoutMs: 30 });
    let last: unknown;
    for await (const event of model.stream(pingRequest, new AbortController().signal)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      last = event;
    }
    expect(last).toMatchObject({ type: "done" });
  });

  it("hangs up when stopped, so that nobody computes for nothing", async () => {
    const { fake, model } = await compatible({ mode: "slow", delayMs: 15, chunks: 20 });
    const controller = new AbortController();
    for await (const event of model.stream(pingRequest, controller.signal))
      if (event.type === "text") controller.abort();
    await expect.poll(() => fake.stats.open).toBe(0);
    expect(fake.stats.aborted).toBe(1);
  });

  it("keeps connections", async () => {
    const { fake, model } = await compatible({});
    const ports = new Set<unknown>();
    for (let count = 0; count < 5; count++) {
      await collect(model, pingRequest);
      ports.add(fake.lastHeaders()["connection"]);
    }
    expect(fake.connections()).toBe(1);
    expect([...ports]).toEqual(["keep-alive"]);
  });
});

describe("a request", () => {
  it("reaches an OpenAI-compatible server whole", async () => {
    const { fake, model } = await compatible(
      { mode: "tool" },
      { apiKey: key, maxTokens: 50, headers: { "x-team": "tea" } },
    );
    await collect(model, {
      system: "Be brief.",
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            image,
            { ...image, name: "a.zip", mimeType: "application/zip" },
          ],
        },
        ...toolRound,
      ],
      tools: [lookupTool],
      temperature: 0.2,
      jsonSchema: { type: "object", properties: {} },
    });
    const body = fake.lastBody() as Record<string, unknown> & {
      messages: { role: string; content: unknown; tool_calls?: unknown }[];
    };
    expect(body).toMatchObject({
      model: "m",
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 50,
      temperature: 0.2,
      response_format: { type: "json_schema" },
    });
    expect(body.messages.map((message) => message.role)).toEqual(["system", "user", "assistant", "tool"]);
    expect(JSON.stringify(body.messages[1])).toContain("data:image/png;base64,iVBORw0KGgo=");
    expect(JSON.stringify(body.messages[1])).toContain("this model cannot read it");
    expect(body.messages[2]?.tool_calls).toMatchObject([
      { id: "call_1", function: { name: "lookup", arguments: '{"query":"tea"}' } },
    ]);
    expect(body.messages[3]).toMatchObject({ tool_call_id: "call_1", content: "Tea is hot." });
    expect(fake.lastHeaders()).toMatchObject({ authorization: `Bearer ${key}`, "x-team": "tea" });
  });

  it("sends thoughts back only to the server they came from, within their turn", async () => {
    const { fake, model } = await compatible({ mode: "reasoning" });
    const first = (await collect(model, pingRequest)).at(-1);
    const thoughts = first?.type === "done" ? (first.thoughts ?? []) : [];
    expect(thoughts).toHaveLength(1);
    const foreign = {
      type: "thought",
      text: "signed elsewhere",
      providerMetadata: { anthropic: { signature: "s" } },
    } as const;
    const step: ModelRequest["messages"][number] = {
      role: "assistant",
      content: [...thoughts, foreign, ...(toolRound[0]?.content ?? [])],
    };
    const result = toolRound.slice(1);
    await collect(model, { ...pingRequest, messages: [...pingRequest.messages, step, ...result] });
    expect(JSON.stringify(fake.lastBody())).toContain('"reasoning_content":"secret plan"');
    await collect(model, {
      ...pingRequest,
      messages: [...pingRequest.messages, step, ...result, ...pingRequest.messages],
    });
    expect(JSON.stringify(fake.lastBody())).not.toContain("secret plan");
    expect(JSON.stringify(fake.lastBody())).not.toContain("signed elsewhere");
  });

  it("marks what Anthropic is to cache, and returns its signed thoughts", async () => {
    const { fake, model } = await hosted("anthropic", {
      provider: "anthropic",
      model: "claude-sonnet-4-5",
      apiKey: key,
    });
    const request = { ...pingRequest, tools: [lookupTool] };
    const done = (await collect(model, request)).at(-1);
    expect(done).toMatchObject({
      type: "done",
      usage: { inputTokens: 200, outputTokens: 20, cachedTokens: 150 },
      costMicros: Math.round(40 * 3 + 150 * 0.3 + 10 * 3.75 + 20 * 15),
    });
    const thoughts = done?.type === "done" ? (done.thoughts ?? []) : [];
    await collect(model, {
      ...request,
      messages: [
        ...request.messages,
        { role: "assistant", content: [...thoughts, ...(toolRound[0]?.content ?? [])] },
        ...toolRound.slice(1),
      ],
    });
    const { body, headers, path } = fake.asked.at(-1) ?? {};
    const mark = { cache_control: { type: "ephemeral" } };
    expect(path).toBe("/messages");
    expect(headers).toMatchObject({ "x-api-key": key });
    expect(body).toMatchObject({ system: [mark], tools: [mark] });
    const messages = body?.["messages"] as { content: object[] }[];
    expect(messages.at(-1)?.content.at(-1)).toMatchObject({ type: "tool_result", ...mark });
    expect(JSON.stringify(messages)).toContain('"signature":"signed"');
    expect(messages[0]?.content.at(-1)).toMatchObject(mark);
    expect(JSON.stringify(body).split("cache_control")).toHaveLength(5);
  });

  it("steers OpenAI's cache by key, stores nothing there, and returns sealed thoughts", async () => {
    const { fake, model } = await hosted("openai", {
      provider: "openai",
      model: "gpt-5.4-mini",
      apiKey: key,
    });
    const request = { ...pingRequest, tools: [lookupTool], cacheKey: "conversation-7" };
    const done = (await collect(model, request)).at(-1);
    expect(done).toMatchObject({
      type: "done",
      usage: { inputTokens: 200, outputTokens: 20, cachedTokens: 150 },
      costMicros: Math.round(50 * 0.75 + 150 * 0.075 + 20 * 4.5),
    });
    const thoughts = done?.type === "done" ? (done.thoughts ?? []) : [];
    await collect(model, {
      ...request,
      messages: [
        ...request.messages,
        { role: "assistant", content: [...thoughts, ...(toolRound[0]?.content ?? [])] },
        ...toolRound.slice(1),
      ],
    });
    expect(fake.asked.at(-1)).toMatchObject({
      path: "/responses",
      body: { prompt_cache_key: "conversation-7", store: false },
    });
    expect(JSON.stringify(fake.asked.at(-1)?.body)).toContain('"encrypted_content":"sealed"');
  });

  it("returns Gemini's seal with the tool call", async () => {
    const { fake, model } = await hosted("google", {
      provider: "google",
      model: "gemini-3.5-flash",
      apiKey: key,
    });
    const events = await collect(model, { ...pingRequest, tools: [lookupTool] });
    const call = events.find((event) => event.type === "toolCall");
    if (call?.type !== "toolCall") throw new Error("no call");
    await collect(model, {
      ...pingRequest,
      tools: [lookupTool],
      messages: [
        ...pingRequest.messages,
        { role: "assistant", content: [call] },
        {
          role: "tool",
          content: [{ type: "toolResult", id: call.id, name: "lookup", output: "hot", isError: false }],
        },
      ],
    });
    expect(fake.asked.at(-1)?.path).toContain("/models/gemini-3.5-flash:streamGenerateContent");
    expect(JSON.stringify(fake.asked.at(-1)?.body)).toContain('"thoughtSignature":"sealed"');
  });

  it("is marked for Bedrock's cache and signed with the keys of the alias", async () => {
    const { fake, model } = await hosted("bedrock", {
      provider: "bedrock",
      model: "anthropic.claude-sonnet-4-5",
      region: "eu-central-1",
      accessKeyId: "AKID",
      secretAccessKey: "secret",
    });
    expect((await collect(model, pingRequest)).at(-1)).toMatchObject({
      type: "done",
      usage: { cachedTokens: 150 },
    });
    expect(fake.asked[0]?.headers.authorization).toContain("AWS4-HMAC-SHA256 Credential=AKID/");
    expect(fake.asked[0]?.headers.authorization).toContain("/eu-central-1/bedrock/");
    expect(JSON.stringify(fake.asked[0]?.body).split("cachePoint")).toHaveLength(3);
  });

  it("goes to Azure's own path", async () => {
    const { fake, model } = await hosted("openai", {
      provider: "azure",
      model: "our-deployment",
      apiKey: key,
    });
    await collect(model, { ...pingRequest, cacheKey: "k" });
    expect(fake.asked[0]).toMatchObject({
      headers: { "api-key": key },
      body: { model: "our-deployment", store: false, prompt_cache_key: "k" },
    });
  });
});

describe("what is missing", () => {
  it.each([
    [{ provider: "openai", model: "m" }, "apiKey"],
    [{ provider: "anthropic", model: "m" }, "apiKey"],
    [{ provider: "google", model: "m" }, "apiKey"],
    [{ provider: "openai-compatible", model: "m" }, "baseUrl"],
    [{ provider: "azure", model: "m", apiKey: "k" }, "resourceName"],
    [{ provider: "bedrock", model: "m", apiKey: "k" }, "region"],
    [{ provider: "bedrock", model: "m", region: "r" }, "accessKeyId"],
  ] as const)("is named, and never taken from the environment: %o", async (alias, setting) => {
    await expect(createProviderModel(alias, { name: "smart" })).rejects.toMatchObject({
      code: "config-invalid",
      message: expect.stringContaining(`models.aliases.smart.${setting}`),
    });
  });
});
