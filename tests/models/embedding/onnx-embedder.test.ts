import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AppError } from "../../../src/core/errors.ts";
import { createOnnxEmbedder, type OnnxEmbedderOptions } from "../../../src/models/embedding/onnx-embedder.ts";
import { startOnnxWorker } from "../../../src/models/embedding/worker-host.ts";
import type { Loaded } from "../../../src/models/embedding/worker-protocol.ts";
import { describeEmbedder } from "../../contracts/embedder.ts";
import { formatOnnx } from "../../doubles/onnx-file.ts";
import { writeTinyQwen, type TinyQwenOptions } from "../../doubles/tiny-qwen.ts";
import { formatTinyTokenizer } from "../../doubles/tiny-tokenizer.ts";
import { cutToUnit, openReference, type Reference } from "./reference.ts";

let root: string;
let folder: string;
let reference: Reference;
const open: (() => Promise<void>)[] = [];
const { signal } = new AbortController();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "parlance-onnx-"));
  folder = await write("plain", {});
  reference = await openReference(folder, "last_hidden_state");
});
afterAll(async () => {
  await Promise.all(open.map((close) => close()));
  await rm(root, { recursive: true });
});

async function write(name: string, options: Partial<TinyQwenOptions>, golden?: object): Promise<string> {
  await writeTinyQwen(join(root, name), { kind: "embedding", ...options });
  if (golden !== undefined) await writeFile(join(root, name, "golden.json"), JSON.stringify(golden));
  return join(root, name);
}

function create(options: Partial<OnnxEmbedderOptions> = {}) {
  const embedder = createOnnxEmbedder({
    name: "near",
    id: "onnx/tiny",
    folder,
    threads: 1,
    dimensions: 32,
    ...options,
  });
  open.push(() => embedder.close());
  return embedder;
}

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  if (error instanceof AppError) return error;
  throw new Error(`not an AppError: ${String(error)}`);
}

function expectNear(actual: ArrayLike<number> | undefined, expected: ArrayLike<number>): void {
  const differences = Array.from(expected, (value, at) => Math.abs(value - (actual?.[at] ?? Number.NaN)));
  expect(actual).toHaveLength(expected.length);
  expect(Math.max(...differences)).toBeLessThan(1e-5);
}

describeEmbedder("a model in a worker", async () => {
  const own = await mkdtemp(join(tmpdir(), "parlance-onnx-"));
  await writeTinyQwen(own, { kind: "embedding" });
  const embedder = createOnnxEmbedder({ name: "near", id: "onnx/tiny", folder: own, threads: 1, dimensions: 48 });
  return {
    embedder,
    dimensions: 48,
    async close() {
      await embedder.close();
      await rm(own, { recursive: true });
    },
  };
});

describe("what is computed", () => {
  it("takes the last token, which is the end of the text, cuts, and then makes the vector one long", async () => {
    const texts = ["the kettle and the tea", "yes", "no tea in the kettle is no tea at all"];
    const vectors = await create().embed(texts, "document", signal);
    for (const [at, text] of texts.entries()) {
      const states = await reference.run([...reference.encode(text), reference.find("<|endoftext|>")]);
      expectNear(vectors[at], cutToUnit(states.at(-1) ?? [], 32));
    }
  });

  it("puts the instruction before questions only", async () => {
    const embedder = create({ task: "Find the tea" });
    const states = await reference.run([
      ...reference.encode("Instruct: Find the tea\nQuery:where is it"),
      reference.find("<|endoftext|>"),
    ]);
    expectNear((await embedder.embed(["where is it"], "query", signal))[0], cutToUnit(states.at(-1) ?? [], 32));
    const documents = await embedder.embed(["where is it"], "document", signal);
    const bare = await reference.run([...reference.encode("where is it"), reference.find("<|endoftext|>")]);
    expectNear(documents[0], cutToUnit(bare.at(-1) ?? [], 32));
  });

  it("cuts a long text by tokens and keeps the end of the text", async () => {
    const text = "the tea and the kettle is in the ".repeat(20);
    const [vector] = await create({ maxTokens: 40 }).embed([text], "document", signal);
    const states = await reference.run([...reference.encode(text).slice(0, 39), reference.find("<|endoftext|>")]);
    expectNear(vector, cutToUnit(states.at(-1) ?? [], 32));
  });

  it("appends the end of the text where the tokenizer's file does not", async () => {
    const other = await write("bare-tokenizer", {});
    await writeFile(join(other, "tokenizer.json"), JSON.stringify(formatTinyTokenizer("reranker")));
    const [vector] = await create({ folder: other }).embed(["tea"], "document", signal);
    expectNear(vector, (await create().embed(["tea"], "document", signal))[0] ?? []);
  });

  it("feeds all inputs of the real export, with its 28 pairs of empty keys and values", async () => {
    const real = await write("real-signature", { layers: 28, seed: 5 });
    const text = "the tea is in the kettle";
    const [vector] = await create({ folder: real }).embed([text], "document", signal);
    const other = await openReference(real, "last_hidden_state");
    const states = await other.run([...other.encode(text), other.find("<|endoftext|>")]);
    expectNear(vector, cutToUnit(states.at(-1) ?? [], 32));
  });

  it("reads an export in half precision", async () => {
    const half = await write("half", { precision: "float16" });
    const [vector] = await create({ folder: half }).embed(["tea"], "document", signal);
    const [full] = await create().embed(["tea"], "document", signal);
    expect(Math.max(...(vector ?? []).map((value, at) => Math.abs(value - (full?.[at] ?? Number.NaN))))).toBeLessThan(
      1e-2,
    );
  });

  it("computes one text at a time where an export takes padding for text", async () => {
    const careless = await write("careless", { ignoresMask: true });
    const loaded: Loaded[] = [];
    const texts = ["tea", "the kettle is on and the tea is in the pot"];
    const vectors = await create({ folder: careless, onLoaded: (each) => loaded.push(each) }).embed(
      texts,
      "document",
      signal,
    );
    expect(loaded).toMatchObject([{ canBatch: false }]);
    expectNear(vectors[0], (await create().embed(["tea"], "document", signal))[0] ?? []);
    const sound: Loaded[] = [];
    await create({ onLoaded: (each) => sound.push(each) }).embed(texts, "document", signal);
    expect(sound).toMatchObject([{ canBatch: true, isTested: false }]);
  });
});

describe("the check of a model's answers", () => {
  const text = "the tea and the kettle";
  const states = async () => reference.run([...reference.encode(text), reference.find("<|endoftext|>")]);

  it("takes a model that answers as golden.json says", async () => {
    const vector = [...((await states()).at(-1) ?? [])];
    const sound = await write("golden", {}, { vectors: [{ text, kind: "document", vector }] });
    const loaded: Loaded[] = [];
    await create({ folder: sound, onLoaded: (each) => loaded.push(each) }).embed(["tea"], "document", signal);
    expect(loaded).toMatchObject([{ isTested: true }]);
  });

  it("refuses the right graph with other weights", async () => {
    const vector = [...((await states()).at(-1) ?? [])];
    const wrong = await write("wrong-weights", { seed: 2 }, { vectors: [{ text, kind: "document", vector }] });
    const error = await failure(create({ folder: wrong }).embed(["tea"], "document", signal));
    expect(error).toMatchObject({ code: "model-failed", retryAfterMs: undefined });
    expect(error.message).toMatch(
      /^Model "near": The model answers its test texts wrongly: off by \d\.\d+, where 0.02 is allowed\.$/,
    );
    expect(error.hint).toContain("golden.json");
  });

  it("refuses answers that were pooled in another way", async () => {
    const all = await states();
    const mean = Array.from(
      all[0] ?? [],
      (_, at) => all.reduce((sum, state) => sum + (state[at] ?? 0), 0) / all.length,
    );
    const wrong = await write("mean", {}, { vectors: [{ text, kind: "document", vector: mean }] });
    const error = await failure(create({ folder: wrong }).embed(["tea"], "document", signal));
    expect(error.message).toContain("test texts wrongly");
  });

  it("knows Qwen3-Embedding-0.6B by its shape and refuses random weights in it", async () => {
    const fake = await write("fake-qwen", { hiddenSize: 1024, layers: 28, positions: 256 });
    const error = await failure(create({ folder: fake }).embed(["tea"], "document", signal));
    expect(error.message).toContain("test texts wrongly");
  });

  it("says that golden.json is broken", async () => {
    const broken = await write("broken-golden", {}, { vectors: [{ text: 1 }] });
    const error = await failure(create({ folder: broken }).embed(["tea"], "document", signal));
    expect(error.message).toContain("golden.json");
  });

  it("checks a file once, and again when it is another one", async () => {
    const [state = new Float32Array()] = (await states()).slice(-1);
    const sound = await write("once", {}, { vectors: [{ text, kind: "document", vector: [...state] }] });
    const embedder = create({ folder: sound });
    await embedder.embed(["tea"], "document", signal);
    await embedder.close();
    await writeFile(join(sound, "golden.json"), JSON.stringify({ vectors: [{ text, kind: "query", vector: [1, 0] }] }));
    expect(await embedder.embed(["tea"], "document", signal)).toHaveLength(1);
    await embedder.close();
    await utimes(join(sound, "onnx", "model.onnx"), 1, 1);
    expect((await failure(embedder.embed(["tea"], "document", signal))).message).toContain("test texts wrongly");
  });

  it("does not load a refused model for each call, and tries again a minute later", async () => {
    const wrong = await write("refused", {}, { vectors: [{ text, kind: "document", vector: [1, 0, 0] }] });
    let starts = 0;
    let time = 0;
    const startWorker: typeof startOnnxWorker = (settings) => {
      starts++;
      return startOnnxWorker(settings);
    };
    const embedder = create({ folder: wrong, startWorker, now: () => time });
    await failure(embedder.embed(["a"], "document", signal));
    await failure(embedder.embed(["b"], "document", signal));
    expect(starts).toBe(1);
    await rm(join(wrong, "golden.json"));
    time = 61_000;
    expect(await embedder.embed(["c"], "document", signal)).toHaveLength(1);
    expect(starts).toBe(2);
  });
});

describe("what is wrong with a folder", () => {
  it.each([
    ["nothing in it", (path: string) => rm(join(path, "onnx"), { recursive: true }), /no model in the folder/],
    [
      "a broken graph",
      (path: string) => writeFile(join(path, "onnx", "model.onnx"), "not a graph"),
      /Model "near" failed: /,
    ],
    ["a broken tokenizer", (path: string) => writeFile(join(path, "tokenizer.json"), "{"), /Model "near" failed: /],
  ])("says it: %s", async (name, damage, words) => {
    const path = await write(`damaged ${name}`, {});
    await damage(path);
    const error = await failure(create({ folder: path }).embed(["tea"], "document", signal));
    expect(error).toMatchObject({ code: "model-failed", retryAfterMs: undefined });
    expect(error.message).toMatch(words);
  });

  it("says which output it misses", async () => {
    const reranker = await write("a-reranker", { kind: "reranker" });
    const error = await failure(create({ folder: reranker }).embed(["tea"], "document", signal));
    expect(error.message).toContain('no output "last_hidden_state", but: logits');
  });

  it("says which input it does not know", async () => {
    const other = await write("other-inputs", {});
    const shape = ["batch_size", "sequence_length"];
    const graph = formatOnnx({
      inputs: ["input_ids", "token_type_ids"].map((name) => ({ name, type: "int64" as const, shape })),
      outputs: [{ name: "last_hidden_state", type: "float32", shape: [...shape, 1] }],
      weights: [{ name: "axis", type: "int64", shape: [1], values: [2] }],
      nodes: [
        { operator: "Add", inputs: ["input_ids", "token_type_ids"], outputs: ["sum"] },
        { operator: "Cast", inputs: ["sum"], outputs: ["numbers"], attributes: { to: 1 } },
        { operator: "Unsqueeze", inputs: ["numbers", "axis"], outputs: ["last_hidden_state"] },
      ],
    });
    await writeFile(join(other, "onnx", "model.onnx"), graph);
    const error = await failure(create({ folder: other }).embed(["tea"], "document", signal));
    expect(error.message).toContain('asks for an input "token_type_ids"');
  });

  it("says that the tokenizer is of another family", async () => {
    const other = await write("other-tokenizer", {});
    const file = formatTinyTokenizer("embedding") as { post_processor: { processors: { single?: object[] }[] } };
    const template = file.post_processor.processors[1]?.single ?? [];
    template.unshift({ SpecialToken: { id: "<|endoftext|>", type_id: 0 } });
    await writeFile(join(other, "tokenizer.json"), JSON.stringify(file));
    const error = await failure(create({ folder: other }).embed(["tea"], "document", signal));
    expect(error.message).toContain("The tokenizer puts tokens before a text");
  });

  it("says that the vectors are shorter than was asked for", async () => {
    const error = await failure(create({ dimensions: 65 }).embed(["tea"], "document", signal));
    expect(error.message).toContain("makes vectors of 64 numbers, and 65 are asked for");
    expect(error.hint).toContain("models.aliases.near.dimensions");
  });

  it("passes on why there is no folder", async () => {
    const offline = new AppError("unreachable", "The model store cannot be reached.", { retryAfterMs: 5 });
    let asked = 0;
    let time = 0;
    const embedder = create({
      now: () => time,
      folder: () => (asked++ === 0 ? Promise.reject(offline) : Promise.resolve(folder)),
    });
    expect(await failure(embedder.embed(["tea"], "document", signal))).toBe(offline);
    expect(await failure(embedder.embed(["tea"], "document", signal))).toBe(offline);
    expect(asked).toBe(1);
    time = 5;
    expect(await embedder.embed(["tea"], "document", signal)).toHaveLength(1);
  });
});
