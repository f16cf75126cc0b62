import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFakeOpenAi, type FakeOpenAi } from "../doubles/fake-openai.ts";
import { startTestApp, type TestApp } from "../doubles/test-app.ts";

let app: TestApp;
let provider: FakeOpenAi;

/** Each tried on a model of its own: one that fails is left alone for a while. */
const failures = [
  ["error", [502, 503]],
  ["rate-limit", [503]],
  ["unauthorised", [502]],
  ["too-long", [502]],
  ["garbage", [502, 503]],
] as const;

beforeAll(async () => {
  provider = await createFakeOpenAi();
  app = await startTestApp(
    [
      "models:",
      "  default: main",
      "  aliases:",
      "    quiet: { provider: offline }",
      ...["main", "stall", ...failures.map(([mode]) => mode)].map(
        (alias) =>
          `    ${alias}: { provider: openai-compatible, model: ${alias}, baseUrl: "${provider.url}", price: { input: 1, output: 2 } }`,
      ),
      "budgets: { perConversation: 1000 }",
    ].join("\n"),
  );
});
afterEach(() => provider.set({ mode: "text", text: "Hello there.", chunks: 3 }));
afterAll(async () => {
  expect(app.errors).toEqual([]);
  await app.close();
  await provider.close();
});

const ask = (change: object = {}) =>
  app.call("/v1/chat/completions", {
    body: { model: "main", messages: [{ role: "user", content: "hi" }], ...change },
  });
const events = (text: string): unknown[] =>
  text
    .split("\n\n")
    .filter((block) => block.startsWith("data: {"))
    .map((block) => JSON.parse(block.slice(6)) as unknown);

describe("/v1/chat/completions", () => {
  it("answers whole, with usage, and counts it", async () => {
    provider.set({ mode: "text", text: "Hello there." });
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      object: "chat.completion",
      model: "main",
      choices: [{ index: 0, message: { role: "assistant", content: "Hello there." }, finish_reason: "stop" }],
    });
    const { usage } = answer.json() as { usage: Record<string, number> };
    expect(usage["total_tokens"]).toBe((usage["prompt_tokens"] ?? 0) + (usage["completion_tokens"] ?? 0));
    expect(usage["prompt_tokens"]).toBeGreaterThan(0);
    const [stored] = await app.app.store.usageSince(0);
    expect(stored?.inputTokens).toBe(usage["prompt_tokens"]);
  });

  it("streams, piece by piece, and ends as clients expect", async () => {
    const answer = await ask({ stream: true, stream_options: { include_usage: true } });
    expect(answer.headers["content-type"]).toContain("text/event-stream");
    const chunks = events(answer.text) as {
      choices: { delta: { content?: string }; finish_reason: string | null }[];
      usage?: object;
    }[];
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("Hello there.");
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason === "stop")).toHaveLength(1);
    expect(chunks.filter(({ usage }) => usage !== undefined)).toHaveLength(1);
    expect(answer.text.endsWith("data: [DONE]\n\n")).toBe(true);
    const without = await ask({ stream: true });
    expect(without.text).not.toContain("usage");
  });

  it("passes the caller's own tools through, and their results", async () => {
    provider.set({ mode: "tool", toolName: "look", toolInput: '{"at":1}' });
    const tools = [{ type: "function", function: { name: "look", parameters: { type: "object" } } }];
    const answer = (await ask({ tools })).json() as {
      choices: {
        message: { content: unknown; tool_calls: { id: string; function: object }[] };
        finish_reason: string;
      }[];
    };
    const [choice] = answer.choices;
    expect(choice).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: null, tool_calls: [{ function: { name: "look", arguments: '{"at":1}' } }] },
    });
    const messages = [
      { role: "user", content: [{ type: "text", text: "hi" }] },
      { ...choice?.message, role: "assistant" },
      { role: "tool", tool_call_id: choice?.message.tool_calls[0]?.id, content: "seen" },
    ];
    provider.set({ mode: "text", text: "Seen." });
    expect((await ask({ tools, messages })).text).toContain("Seen.");
    expect(JSON.stringify(provider.lastBody())).toContain("seen");
  });

  it("knows aliases, default and personas, and says so of others", async () => {
    const { data } = (await app.call("/v1/models")).json() as { data: { id: string }[] };
    const ids = data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["default", "main", "quiet", "persona:general"]));
    for (const id of ids) expect((await ask({ model: id })).status, id).toBe(200);
    await ask({
      model: "persona:general",
      messages: [
        { role: "system", content: "Be kind." },
        { role: "user", content: "hi" },
      ],
    });
    const sent = JSON.stringify(provider.lastBody());
    expect(sent).toContain("You are Parlance");
    expect(sent).toContain("Be kind.");
    for (const model of ["none", "persona:none", "persona:", "constructor", "__proto__"]) {
      const answer = await ask({ model });
      expect(answer.status, model).toBe(404);
      expect(answer.json()).toMatchObject({ error: { type: "invalid_request_error" } });
    }
  });

  it.each([
    ["no messages", { messages: [] }],
    ["messages that are none", { messages: "hi" }],
    ["an unknown role", { messages: [{ role: "king", content: "hi" }] }],
    ["no content", { messages: [{ role: "user" }] }],
    ["a temperature out of range", { temperature: 3 }],
    ["a limit of no tokens", { max_tokens: 0 }],
    ["a stream that is neither", { stream: "yes" }],
  ])("says 400 to %s, and which field it is", async (_what, change) => {
    const answer = await ask(change);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ error: { message: expect.stringContaining(Object.keys(change)[0] ?? "") } });
  });

  it.each(failures)("tells a provider's failure (%s) as one, without its secrets", async (mode, statuses) => {
    provider.set({ mode });
    const answer = await ask({ model: mode });
    expect(statuses).toContain(answer.status);
    expect(answer.json()).toMatchObject({ error: { type: "api_error" } });
    const streamed = await ask({ model: mode, stream: true });
    expect(streamed.text).toContain('"error"');
  });

  it("hangs up on the provider when the caller hangs up", async () => {
    provider.set({ mode: "stall" });
    const before = provider.stats.aborted;
    const controller = new AbortController();
    const response = await fetch(`http://127.0.0.1:${app.port}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "stall", stream: true, messages: [{ role: "user", content: "hi" }] }),
      signal: controller.signal,
    });
    await response.body?.getReader().read();
    controller.abort();
    for (let tries = 0; provider.stats.aborted === before && tries < 300; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(provider.stats.aborted).toBe(before + 1);
  });
});

describe("/v1 with a budget that is used up", () => {
  it("says so with a status that clients do not take for a bug", async () => {
    const poor = await startTestApp(
      [
        "models:",
        `  aliases: { main: { provider: openai-compatible, model: fake, baseUrl: "${provider.url}", price: { input: 1000, output: 1000 } } }`,
        "budgets: { perDay: 0.000001 }",
      ].join("\n"),
    );
    const body = { messages: [{ role: "user", content: "hi" }] };
    expect((await poor.call("/v1/chat/completions", { body })).status).toBe(200);
    const refused = await poor.call("/v1/chat/completions", { body });
    expect(refused.status).toBe(429);
    expect(refused.json()).toMatchObject({
      error: { message: expect.stringContaining("budget"), type: "invalid_request_error" },
    });
    expect(poor.errors).toEqual([]);
    await poor.close();
  });
});
