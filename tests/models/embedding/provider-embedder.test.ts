import { afterEach, describe, expect, it } from "vitest";
import type { Embedder } from "../../../src/core/embedder.ts";
import { AppError } from "../../../src/core/errors.ts";
import {
  createProviderEmbedder,
  type EmbeddingUsage,
  type ProviderEmbedderDeps,
} from "../../../src/models/embedding/provider-embedder.ts";
import type { EmbeddingAlias } from "../../../src/models/embedding/provider-traits.ts";
import { describeEmbedder } from "../../contracts/embedder.ts";
import { createFakeEmbeddings, type EmbeddingWire, type FakeEmbeddings } from "../../doubles/fake-embeddings.ts";

const { signal } = new AbortController();
const open: FakeEmbeddings[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

interface Provider {
  readonly wire: EmbeddingWire;
  readonly dimensions: number;
  alias(url: string): EmbeddingAlias;
}

const keys = { apiKey: "secret-key" };
const providers: Readonly<Record<string, Provider>> = {
  "openai-compatible": {
    wire: "openai",
    dimensions: 768,
    alias: (url) => ({ provider: "openai-compatible", model: "nomic-embed-text", baseUrl: `${url}/v1` }),
  },
  openai: {
    wire: "openai",
    dimensions: 1536,
    alias: (url) => ({ provider: "openai", model: "text-embedding-3-small", baseUrl: `${url}/v1`, ...keys }),
  },
  azure: {
    wire: "openai",
    dimensions: 256,
    alias: (url) => ({ provider: "azure", model: "our-deployment", baseUrl: url, dimensions: 256, ...keys }),
  },
  google: {
    wire: "google",
    dimensions: 3072,
    alias: (url) => ({ provider: "google", model: "gemini-embedding-001", baseUrl: `${url}/v1beta`, ...keys }),
  },
  titan: {
    wire: "titan",
    dimensions: 1024,
    alias: (url) => ({
      provider: "bedrock",
      model: "amazon.titan-embed-text-v2:0",
      region: "eu-central-1",
      baseUrl: url,
      ...keys,
    }),
  },
  cohere: {
    wire: "cohere",
    dimensions: 1024,
    alias: (url) => ({
      provider: "bedrock",
      model: "cohere.embed-multilingual-v3",
      region: "eu-central-1",
      baseUrl: url,
      ...keys,
    }),
  },
  nova: {
    wire: "nova",
    dimensions: 384,
    alias: (url) => ({
      provider: "bedrock",
      model: "amazon.nova-2-multimodal-embeddings-v1:0",
      region: "eu-central-1",
      baseUrl: url,
      dimensions: 384,
      ...keys,
    }),
  },
};

async function start(
  name: keyof typeof providers,
  changes: Partial<EmbeddingAlias> = {},
  deps: ProviderEmbedderDeps = {},
): Promise<{ server: FakeEmbeddings; embedder: Embedder }> {
  const provider = providers[name] as Provider;
  const server = await createFakeEmbeddings(provider.wire, provider.dimensions);
  open.push(server);
  return { server, embedder: createProviderEmbedder("near", { ...provider.alias(server.url), ...changes }, deps) };
}

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  if (error instanceof AppError) return error;
  throw new Error(`not an AppError: ${String(error)}`);
}

for (const [name, { wire, dimensions, alias }] of Object.entries(providers)) {
  describeEmbedder(`provider ${name}`, async () => {
    const server = await createFakeEmbeddings(wire, dimensions);
    return { embedder: createProviderEmbedder("near", alias(server.url)), dimensions, close: () => server.close() };
  });
}

describe("what a provider is asked", () => {
  it.each([
    ["openai-compatible", 2_048],
    ["google", 100],
    ["cohere", 96],
    ["titan", 1],
  ])("%s: no more texts at once than it takes", async (name, most) => {
    const { server, embedder } = await start(name);
    const texts = Array.from({ length: most * 2 + 1 }, (_, at) => `text ${at}`);
    expect(await embedder.embed(texts, "document", signal)).toHaveLength(texts.length);
    expect(server.asked.map((each) => each.texts.length)).toEqual([most, most, 1]);
  });

  it("openai: the wanted length, and the key in the header", async () => {
    const { server, embedder } = await start("openai", { dimensions: 512 });
    expect((await embedder.embed(["tea"], "query", signal))[0]).toHaveLength(512);
    expect(embedder.id).toBe("openai/text-embedding-3-small/512");
    expect(server.asked[0]).toMatchObject({
      path: "/v1/embeddings",
      headers: { authorization: "Bearer secret-key" },
      body: { model: "text-embedding-3-small", input: ["tea"], dimensions: 512 },
    });
  });

  it("azure: its deployment", async () => {
    const { server, embedder } = await start("azure");
    await embedder.embed(["tea"], "query", signal);
    expect(server.asked[0]?.path).toContain("/embeddings");
    expect(server.asked[0]?.headers["api-key"]).toBe("secret-key");
    expect(JSON.stringify(server.asked[0])).toContain("our-deployment");
  });

  it("google: whether it is a question or a document", async () => {
    const { server, embedder } = await start("google", { dimensions: 768 });
    await embedder.embed(["tea"], "query", signal);
    await embedder.embed(["tea", "kettle"], "document", signal);
    expect(server.asked[0]?.body).toMatchObject({ taskType: "RETRIEVAL_QUERY", outputDimensionality: 768 });
    expect(server.asked[1]?.body["requests"]).toMatchObject([
      { taskType: "RETRIEVAL_DOCUMENT" },
      { taskType: "RETRIEVAL_DOCUMENT" },
    ]);
  });

  it("google's second model: the task in words", async () => {
    const { server, embedder } = await start("google", { model: "gemini-embedding-2" });
    await embedder.embed(["tea"], "query", signal);
    await embedder.embed(["tea"], "document", signal);
    expect(server.asked.map((each) => each.texts[0])).toEqual([
      "task: search result | query: tea",
      "title: none | text: tea",
    ]);
    expect(server.asked[0]?.body["taskType"]).toBeUndefined();
  });

  it("bedrock: what each family calls it", async () => {
    const cohere = await start("cohere");
    await cohere.embedder.embed(["tea"], "query", signal);
    await cohere.embedder.embed(["tea"], "document", signal);
    expect(cohere.server.asked.map(({ body }) => [body["input_type"], body["truncate"]])).toEqual([
      ["search_query", "END"],
      ["search_document", "END"],
    ]);
    const nova = await start("nova");
    await nova.embedder.embed(["tea"], "query", signal);
    expect(nova.server.asked[0]?.body["singleEmbeddingParams"]).toMatchObject({
      embeddingPurpose: "TEXT_RETRIEVAL",
      embeddingDimension: 384,
    });
    const titan = await start("titan", { dimensions: 256 });
    expect((await titan.embedder.embed(["tea"], "document", signal))[0]).toHaveLength(256);
    expect(titan.server.asked[0]?.body).toMatchObject({ inputText: "tea", dimensions: 256 });
  });

  it("a local server: the words that its model was trained with", async () => {
    const nomic = await start("openai-compatible");
    await nomic.embedder.embed(["tea"], "document", signal);
    expect(nomic.server.asked[0]?.texts).toEqual(["search_document: tea"]);
    const qwen = await start("openai-compatible", { model: "qwen3-embedding:0.6b", dimensions: 128 });
    const [vector] = await qwen.embedder.embed(["tea"], "query", signal);
    expect(qwen.server.asked[0]?.texts[0]).toMatch(/^Instruct: .+\nQuery:tea$/);
    expect(qwen.server.asked[0]?.body["dimensions"]).toBeUndefined();
    expect(vector).toHaveLength(128);
    expect(Math.hypot(...(vector ?? []))).toBeCloseTo(1, 4);
  });

  it("puts vectors back where a server's numbering says", async () => {
    const { server, embedder } = await start("openai-compatible");
    const texts = ["tea", "kettle", "pot"];
    const inOrder = await embedder.embed(texts, "document", signal);
    server.set("shuffle");
    expect(await embedder.embed(texts, "document", signal)).toEqual(inOrder);
  });
});

describe("what it costs", () => {
  it("is told after each call, by the alias's price", async () => {
    const told: EmbeddingUsage[] = [];
    const { embedder } = await start(
      "openai",
      { price: { input: 2, output: 0 } },
      { onUsage: (usage) => told.push(usage) },
    );
    await embedder.embed(["tea", "kettle"], "document", signal);
    expect(told).toEqual([{ modelId: "openai/text-embedding-3-small", inputTokens: 10, costMicros: 20 }]);
  });

  it("is estimated where the provider does not count", async () => {
    const told: EmbeddingUsage[] = [];
    const { embedder } = await start("google", {}, { onUsage: (usage) => told.push(usage) });
    await embedder.embed(["a text of 20 letters", "x"], "document", signal);
    expect(told).toEqual([{ modelId: "google/gemini-embedding-001", inputTokens: 6 }]);
  });
});

describe("what goes wrong", () => {
  const failed = '{"error":{"message":"No.","type":"x"}}';

  it.each([
    ["429 with its wait", { status: 429, body: failed, headers: { "retry-after": "7" } }, 7_000, /slow down \(429\)/],
    ["429 without", { status: 429, body: failed }, 2_000, /slow down \(429\)/],
    ["500", { status: 500, body: failed }, 2_000, /not available \(500\)/],
    [
      "503 with a wait in milliseconds",
      { status: 503, body: "", headers: { "retry-after-ms": "90" } },
      90,
      /not available/,
    ],
    ["broken JSON", { status: 200, body: '{"data":[' }, 2_000, /not a valid answer/],
    ["JSON of another kind", { status: 200, body: '{"data":"soon"}' }, 2_000, /not a valid answer/],
    [
      "a refused key",
      { status: 401, body: failed },
      undefined,
      /refused the key \(401\)\. Check models\.aliases\.near\.apiKey/,
    ],
    ["an unknown model", { status: 404, body: failed }, undefined, /does not know "text-embedding-3-small"/],
    [
      "no credit",
      { status: 429, body: '{"error":{"message":"x","type":"insufficient_quota"}}' },
      undefined,
      /no credit/,
    ],
    ["a redirect", { status: 302, body: "", headers: { location: "http://127.0.0.1:9/" } }, undefined, /redirect/],
  ])("%s", async (_, answer, retryAfterMs, words) => {
    const { server, embedder } = await start("openai");
    server.set(answer);
    const error = await failure(embedder.embed(["tea"], "document", signal));
    expect(error).toMatchObject({ code: "model-failed", retryAfterMs });
    expect(error.message).toMatch(words);
    expect(error.message).not.toContain("secret-key");
    expect(server.asked).toHaveLength(1);
    server.set("answer");
    expect(await embedder.embed(["tea"], "document", signal)).toHaveLength(1);
  });

  it("one of several calls at once: the others end with it", async () => {
    const { server, embedder } = await start("titan");
    server.set({ status: 500, body: failed });
    const texts = Array.from({ length: 50 }, (_, at) => `text ${at}`);
    expect((await failure(embedder.embed(texts, "document", signal))).message).toContain("not available (500)");
    expect(server.asked.length).toBeLessThanOrEqual(8);
  });

  it("fewer vectors than texts", async () => {
    const { server, embedder } = await start("openai");
    server.set("forget");
    const error = await failure(embedder.embed(["a", "b"], "document", signal));
    expect(error).toMatchObject({ code: "model-failed", message: 'Model "near" answered 2 texts with 1 vectors.' });
    expect(error.retryAfterMs).toBeGreaterThan(0);
  });

  it("shorter vectors than the alias says", async () => {
    const { embedder } = await start("openai-compatible", { dimensions: 1_024 });
    const error = await failure(embedder.embed(["a"], "document", signal));
    expect(error.message).toBe('Model "near" makes vectors of 768 numbers, and 1024 are asked for.');
    expect(error.hint).toBe("Set models.aliases.near.dimensions to at most 768.");
    expect(error.retryAfterMs).toBeUndefined();
  });

  it("a vector of zeros", async () => {
    const { server, embedder } = await start("openai");
    const zeros = Array.from({ length: 1536 }, () => 0);
    server.set({ status: 200, body: JSON.stringify({ data: [{ index: 0, embedding: zeros }] }) });
    expect((await failure(embedder.embed(["a"], "document", signal))).message).toContain("points nowhere");
  });

  it("silence", async () => {
    const { server, embedder } = await start("openai", { firstTokenTimeoutMs: 50 });
    server.set("hang");
    const error = await failure(embedder.embed(["a"], "document", signal));
    expect(error).toMatchObject({ code: "model-failed", message: 'Model "near" did not answer within 0.05 s.' });
    expect(error.retryAfterMs).toBeGreaterThan(0);
  });

  it("a stop while it waits", async () => {
    const { server, embedder } = await start("openai");
    server.set("hang");
    const stop = new AbortController();
    const running = failure(embedder.embed(["a"], "document", stop.signal));
    while (server.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    expect((await running).code).toBe("aborted");
  });

  it("no server", async () => {
    const { server, embedder } = await start("openai-compatible");
    await server.close();
    const error = await failure(embedder.embed(["a"], "document", signal));
    expect(error.message).toMatch(/could not be reached \(ECONNREFUSED\); is the server running\?/);
    expect(error.retryAfterMs).toBeGreaterThan(0);
  });
});

describe("what an alias must say", () => {
  const create = (alias: EmbeddingAlias): Embedder => createProviderEmbedder("near", alias);

  it("the length of the vectors of an unknown model", () => {
    expect(() => create({ provider: "openai-compatible", model: "our-own", baseUrl: "http://127.0.0.1:9" })).toThrow(
      "models.aliases.near.dimensions is needed",
    );
  });

  it.each(["anthropic", "llama", "offline"] as const)("a provider that makes vectors, not %s", (provider) => {
    expect(() => create({ provider, model: "x" })).toThrow(`Provider "${provider}" of model "near" makes no vectors.`);
  });

  it("its key", async () => {
    const embedder = create({ provider: "openai", model: "text-embedding-3-small" });
    expect((await failure(embedder.embed(["a"], "query", signal))).message).toContain("models.aliases.near.apiKey");
  });
});
