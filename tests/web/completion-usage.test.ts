import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBudget } from "../../src/agent/budget.ts";
import { createCompletion } from "../../src/completion.ts";
import type { UsageRecord } from "../../src/core/records.ts";
import type { StoreTransaction, Store } from "../../src/core/store.ts";
import { createProviderModel } from "../../src/models/provider.ts";
import { createFakeOpenAi, type FakeOpenAi } from "../doubles/fake-openai.ts";
import { startTestApp, type TestApp } from "../doubles/test-app.ts";

let app: TestApp;
let provider: FakeOpenAi;

beforeAll(async () => {
  provider = await createFakeOpenAi();
  app = await startTestApp(
    [
      "models:",
      "  default: main",
      "  aliases:",
      `    main: { provider: openai-compatible, model: m, baseUrl: "${provider.url}", price: { input: 1, output: 2 } }`,
    ].join("\n"),
  );
});
afterAll(async () => {
  await app.close();
  await provider.close();
});

describe("a caller who leaves in the middle", () => {
  it("has used up what was written by then", async () => {
    provider.set({ mode: "slow", delayMs: 20, chunks: 40 });
    const before = (await app.app.store.usageSince(0)).find(({ conversation }) => conversation === "api");
    const leaving = new AbortController();
    const response = await fetch(`http://127.0.0.1:${app.port}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "main", stream: true, messages: [{ role: "user", content: "a long question" }] }),
      signal: leaving.signal,
    });
    for await (const chunk of response.body ?? []) if (Buffer.from(chunk).includes("Hel")) break;
    leaving.abort();
    await expect
      .poll(async () => {
        const after = (await app.app.store.usageSince(0)).find(({ conversation }) => conversation === "api");
        return (after?.inputTokens ?? 0) - (before?.inputTokens ?? 0);
      })
      .toBeGreaterThan(0);
    await expect.poll(() => provider.stats.open).toBe(0);
  });

  it("stops the model, without a signal of its own", async () => {
    provider.set({ mode: "slow", delayMs: 20, chunks: 1_000, text: "word ".repeat(1_000) });
    const rows: UsageRecord[] = [];
    const warned: string[] = [];
    const model = await createProviderModel({
      provider: "openai-compatible",
      model: "m",
      baseUrl: provider.url,
      price: { input: 1_000, output: 1_000 },
    });
    const transaction = { addUsage: async (row: UsageRecord) => void rows.push(row) } as unknown as StoreTransaction;
    const complete = createCompletion({
      models: () => ({ get: () => model, list: () => [{ alias: "main" }] }),
      defaultModel: () => "main",
      personas: () => new Map(),
      store: { write: (work: (with_: StoreTransaction) => Promise<unknown>) => work(transaction) } as unknown as Store,
      budget: createBudget({ perDay: 0.001 }, [], () => 0),
      onBudgetWarning: ({ name }) => void warned.push(name),
      now: () => 0,
    });
    const request = { model: "main", system: "Be brief.", messages: [], tools: [] };
    const { events } = complete(request, new AbortController().signal) ?? {};
    for await (const event of events ?? []) if (event.type === "text") break;
    await expect.poll(() => provider.stats.open).toBe(0);
    expect(rows).toEqual([expect.objectContaining({ conversation: "api", outputTokens: 2 })]);
    expect(warned).toEqual(["day"]);
  });
});
