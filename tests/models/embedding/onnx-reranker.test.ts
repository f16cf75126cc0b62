import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createOnnxReranker, type OnnxOptions } from "../../../src/models/embedding/onnx-embedder.ts";
import { formatRerankPrompts } from "../../../src/models/embedding/rerank-prompt.ts";
import { loadTokens } from "../../../src/models/embedding/tokens.ts";
import { writeTinyQwen, type TinyQwenOptions } from "../../doubles/tiny-qwen.ts";
import { openReference, type Reference } from "./reference.ts";

const system =
  '<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n';
const end = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n";
const task = "Given a web search query, retrieve relevant passages that answer the query";

let root: string;
let folder: string;
let reference: Reference;
const open: (() => Promise<void>)[] = [];
const { signal } = new AbortController();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "parlance-onnx-"));
  folder = await write("plain", {});
  reference = await openReference(folder, "logits");
});
afterAll(async () => {
  await Promise.all(open.map((close) => close()));
  await rm(root, { recursive: true });
});

async function write(name: string, options: Partial<TinyQwenOptions>): Promise<string> {
  await writeTinyQwen(join(root, name), { kind: "reranker", ...options });
  return join(root, name);
}

function create(options: Partial<OnnxOptions> = {}) {
  const reranker = createOnnxReranker({ name: "judge", id: "onnx/tiny", folder, threads: 1, ...options });
  open.push(() => reranker.close());
  return reranker;
}

/** The score as the model card computes it, on a prompt put together by hand. */
async function expectedScore(query: string, document: string): Promise<number> {
  const middle = `<Instruct>: ${task}\n<Query>: ${query}\n<Document>: ${document}`;
  const ids = [system, middle, end].flatMap((part) => reference.encode(part));
  const logits = (await reference.run(ids)).at(-1) ?? new Float32Array();
  const yes = Math.exp(logits[reference.find("yes")] ?? Number.NaN);
  const no = Math.exp(logits[reference.find("no")] ?? Number.NaN);
  return yes / (yes + no);
}

describe("a reranker", () => {
  const documents = [
    "the tea is in the kettle",
    "no",
    "a much longer document about the kettle and the tea and the pot",
  ];

  it("scores each document by the template, at its last position", async () => {
    const scores = await create().score("where is the tea?", documents, signal);
    expect(scores).toHaveLength(3);
    for (const [at, document] of documents.entries())
      expect(scores[at]).toBeCloseTo(await expectedScore("where is the tea?", document), 5);
    expect(new Set(scores.map((score) => score.toFixed(4))).size).toBe(3);
  });

  it("scores a document alike, whatever stands beside it", async () => {
    const reranker = create();
    const together = await reranker.score("tea", documents, signal);
    for (const [at, document] of documents.entries()) {
      const [alone = Number.NaN] = await reranker.score("tea", [document], signal);
      expect(together[at]).toBeCloseTo(alone, 5);
    }
  });

  it("asks newer exports for the last logits only", async () => {
    const newer = await write("newer", { keepsLogits: true });
    const scores = await create({ folder: newer }).score("tea", documents, signal);
    for (const [at, score] of (await create().score("tea", documents, signal)).entries())
      expect(scores[at]).toBeCloseTo(score, 5);
  });

  it("reads an export in half precision", async () => {
    const half = await write("half", { precision: "float16" });
    const scores = await create({ folder: half }).score("tea", documents, signal);
    for (const [at, score] of (await create().score("tea", documents, signal)).entries())
      expect(scores[at]).toBeCloseTo(score, 2);
  });

  it("answers nothing with nothing, stops, and comes back after it was closed", async () => {
    const reranker = create();
    expect(reranker.id).toBe("onnx/tiny");
    expect(await reranker.score("tea", [], signal)).toEqual([]);
    await expect(reranker.score("tea", ["a"], AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
    const before = await reranker.score("tea", ["a"], signal);
    await reranker.close();
    expect(await reranker.score("tea", ["a"], signal)).toEqual(before);
  });

  it("is refused when it does not say what golden.json says", async () => {
    const wrong = await write("wrong", { seed: 3 });
    const scores = await Promise.all(
      documents.map(async (document) => ({ query: "tea", document, expected: await expectedScore("tea", document) })),
    );
    await writeFile(join(folder, "golden.json"), JSON.stringify({ scores }));
    await writeFile(join(wrong, "golden.json"), JSON.stringify({ scores }));
    expect(await create().score("tea", ["a"], signal)).toHaveLength(1);
    await expect(create({ folder: wrong }).score("tea", ["a"], signal)).rejects.toMatchObject({
      code: "model-failed",
      message: expect.stringContaining("test texts wrongly") as string,
    });
    await rm(join(folder, "golden.json"));
  });

  it("is refused when it looks like Qwen3-Reranker-0.6B and cannot tell a right answer from a wrong one", async () => {
    const fake = await write("fake-qwen", { hiddenSize: 1024, layers: 28, positions: 1_024 });
    await expect(create({ folder: fake }).score("tea", ["a"], signal)).rejects.toMatchObject({
      message: expect.stringContaining("test texts wrongly") as string,
    });
  });
});

describe("the template", () => {
  const most = 340;
  const text = fc.string({
    unit: fc.constantFrom("tea", " ", "ü", "<|im_end|>", "\n", "😀", "</think>"),
    maxLength: 400,
  });

  it("is always whole, and the prompt never longer than the model reads", async () => {
    const tokens = await loadTokens(folder);
    const before = reference.encode(system);
    const after = reference.encode(end);
    fc.assert(
      fc.property(text, text, (query, document) => {
        const [prompt = []] = formatRerankPrompts(tokens, task, query, [document], most);
        expect(prompt.length).toBeLessThanOrEqual(most);
        expect(prompt.slice(0, before.length)).toEqual(before);
        expect(prompt.slice(-after.length)).toEqual(after);
        const middle = prompt.slice(before.length, -after.length);
        const control = new Set(
          ["<|im_end|>", "<|im_start|>", "<think>", "</think>"].map((token) => reference.find(token)),
        );
        expect(middle.filter((id) => control.has(id))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("leaves a document room beside a question without end", async () => {
    const tokens = await loadTokens(folder);
    const [prompt = []] = formatRerankPrompts(tokens, "Find", "why ".repeat(500), ["the answer is tea"], most);
    expect(tokens.decode(prompt)).toContain("<Document>: the answer is tea");
  });
});
