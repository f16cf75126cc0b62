import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { createEmbedder, createReranker, type EmbeddingDeps } from "../../../src/models/embedding/index.ts";
import { createFakeEmbeddings } from "../../doubles/fake-embeddings.ts";
import { writeTinyQwen } from "../../doubles/tiny-qwen.ts";

const { signal } = new AbortController();
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "parlance-onnx-"));
  await writeTinyQwen(join(root, "Tiny-Embedding"), { kind: "embedding" });
  await writeTinyQwen(join(root, "careless"), { kind: "embedding", ignoresMask: true });
  await writeTinyQwen(join(root, "judge"), { kind: "reranker" });
});
afterAll(() => rm(root, { recursive: true }));

function createDeps(): EmbeddingDeps & { readonly said: string[]; readonly asked: string[] } {
  const said: string[] = [];
  const asked: string[] = [];
  const note = (_: object, message: string): void => void said.push(message);
  return {
    said,
    asked,
    threads: 1,
    log: { ...silentLogger, info: note, warn: note },
    resolveFolder(reference) {
      asked.push(reference);
      return Promise.resolve(join(root, reference));
    },
  };
}

describe("the embedder of an alias", () => {
  it("is a local model, found at its first call", async () => {
    const deps = createDeps();
    const embedder = createEmbedder("near", { provider: "onnx", model: "Tiny-Embedding", dimensions: 32 }, deps);
    expect(embedder).toMatchObject({ id: "onnx/tiny-embedding/32", dimensions: 32 });
    expect(deps.asked).toEqual([]);
    expect((await embedder.embed(["tea"], "query", signal))[0]).toHaveLength(32);
    expect(deps.asked).toEqual(["Tiny-Embedding"]);
    expect(deps.said).toEqual(["This model's answers could not be checked: it has no golden.json."]);
    await embedder.close();
  });

  it("tells when batches change a model's results", async () => {
    const deps = createDeps();
    const embedder = createEmbedder("near", { provider: "onnx", model: "careless", dimensions: 32 }, deps);
    await embedder.embed(["tea"], "query", signal);
    expect(deps.said).toContain("This model computes one text at a time: batches change its results.");
    await embedder.close();
  });

  it("has 512 dimensions unless told, and its task from the alias", async () => {
    const alias = { provider: "onnx", model: "Tiny-Embedding", dimensions: 32 } as const;
    expect(createEmbedder("near", { provider: "onnx", model: "x" }, createDeps()).dimensions).toBe(512);
    const plain = createEmbedder("near", alias, createDeps());
    const told = createEmbedder("near", { ...alias, task: "Find the tea" }, createDeps());
    const [one, other] = await Promise.all([plain, told].map((each) => each.embed(["tea"], "query", signal)));
    expect(one).not.toEqual(other);
    await Promise.all([plain.close(), told.close()]);
  });

  it("is a provider's", async () => {
    const server = await createFakeEmbeddings("openai", 8);
    const alias = { provider: "openai-compatible", model: "ours", baseUrl: server.url, dimensions: 8 } as const;
    const embedder = createEmbedder("near", alias, createDeps());
    expect(embedder.id).toBe("openai-compatible/ours/8");
    expect((await embedder.embed(["tea"], "query", signal))[0]).toHaveLength(8);
    await server.close();
  });
});

describe("the reranker of an alias", () => {
  it("is a local model", async () => {
    const reranker = createReranker("judge", { provider: "onnx", model: "judge" }, createDeps());
    expect(reranker.id).toBe("onnx/judge");
    expect(await reranker.score("tea", ["yes", "no"], signal)).toHaveLength(2);
    await reranker.close();
  });

  it("is no other provider's", () => {
    expect(() => createReranker("judge", { provider: "openai", model: "x" }, createDeps())).toThrow(
      'Model "judge" (openai) cannot be the reranker.',
    );
  });
});
