import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AppError } from "../../../src/core/errors.ts";
import { createOnnxEmbedder, type OnnxEmbedderOptions } from "../../../src/models/embedding/onnx-embedder.ts";
import { startOnnxWorker } from "../../../src/models/embedding/worker-host.ts";
import { writeTinyQwen } from "../../doubles/tiny-qwen.ts";

let folder: string;
const open: (() => Promise<void>)[] = [];
const { signal } = new AbortController();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-onnx-"));
  await writeTinyQwen(folder, { kind: "embedding" });
});
afterAll(async () => {
  await Promise.all(open.map((close) => close()));
  await rm(folder, { recursive: true });
});

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

describe("the life of the worker", () => {
  function createWatched(options: Partial<OnnxEmbedderOptions> = {}) {
    const workers: Worker[] = [];
    const embedder = create({
      ...options,
      startWorker(settings) {
        const worker = startOnnxWorker(settings);
        workers.push(worker);
        return worker;
      },
    });
    return { embedder, workers };
  }
  const many = Array.from({ length: 150 }, (_, at) => `the tea ${at} is in the kettle and `.repeat(3));

  it("starts with the first call, one for all calls", async () => {
    const { embedder, workers } = createWatched();
    expect(workers).toHaveLength(0);
    await Promise.all([1, 2, 3].map(() => embedder.embed(["tea"], "document", signal)));
    expect(workers).toHaveLength(1);
  });

  it("fails the running calls when it dies, as worth another try, and starts anew", async () => {
    const { embedder, workers } = createWatched();
    const [before] = await embedder.embed(["tea"], "document", signal);
    const running = [embedder.embed(many, "document", signal), embedder.embed(many, "document", signal)].map(failure);
    await workers[0]?.terminate();
    for (const error of await Promise.all(running)) {
      expect(error.code).toBe("model-failed");
      expect(error.retryAfterMs).toBeGreaterThan(0);
    }
    expect((await embedder.embed(["tea"], "document", signal))[0]).toEqual(before);
    expect(workers).toHaveLength(2);
  });

  it("survives a worker whose file does not load", async () => {
    let isBroken = true;
    const embedder = create({
      startWorker: (settings) =>
        isBroken ? new Worker("throw new Error('no such thing')", { eval: true }) : startOnnxWorker(settings),
    });
    const error = await failure(embedder.embed(["tea"], "document", signal));
    expect(error.message).toBe('The engine of model "near" ended: no such thing');
    expect(error.retryAfterMs).toBeGreaterThan(0);
    isBroken = false;
    expect(await embedder.embed(["tea"], "document", signal)).toHaveLength(1);
  });

  it("ends when it was idle, and the next call starts another", async () => {
    const { embedder, workers } = createWatched({ idleMs: 10 });
    await embedder.embed(["tea"], "document", signal);
    const exited = new Promise((resolve) => workers[0]?.once("exit", resolve));
    await exited;
    expect(await embedder.embed(["tea"], "document", signal)).toHaveLength(1);
    expect(workers).toHaveLength(2);
  });

  it("does not end while it works, however short the idle time", async () => {
    const { embedder, workers } = createWatched({ idleMs: 0 });
    expect(await embedder.embed(many, "document", signal)).toHaveLength(many.length);
    expect(workers).toHaveLength(1);
  });

  it("ends running calls as aborted when it is closed", async () => {
    const { embedder } = createWatched();
    await embedder.embed(["tea"], "document", signal);
    const running = failure(embedder.embed(many, "document", signal));
    await embedder.close();
    expect((await running).code).toBe("aborted");
  });

  it("stops computing after the batch that an abort falls into", async () => {
    const { embedder, workers } = createWatched();
    await embedder.embed(["tea"], "document", signal);
    const answers: unknown[] = [];
    workers[0]?.on("message", (message) => answers.push(message));
    const stop = new AbortController();
    const running = failure(embedder.embed(many, "document", stop.signal));
    stop.abort();
    expect((await running).code).toBe("aborted");
    await embedder.embed(["tea"], "document", signal);
    expect(answers).toMatchObject([{ type: "failed", failure: { code: "aborted" } }, { type: "done" }]);
  });

  it("lets a question overtake an import", async () => {
    const { embedder } = createWatched();
    await embedder.embed(["tea"], "document", signal);
    const order: string[] = [];
    const importing = embedder.embed(many, "document", signal).then(() => order.push("import"));
    await embedder.embed(["where is the tea"], "query", signal).then(() => order.push("question"));
    await importing;
    expect(order).toEqual(["question", "import"]);
  });

  it("asks for the folder once per loading and tells a download to stop when it is closed", async () => {
    let asked = 0;
    let stopped: AbortSignal | undefined;
    const embedder = create({
      folder: (closing) => {
        asked++;
        stopped = closing;
        return new Promise((_, reject) => closing.addEventListener("abort", () => reject(closing.reason)));
      },
    });
    const running = [
      failure(embedder.embed(["a"], "document", signal)),
      failure(embedder.embed(["b"], "document", signal)),
    ];
    await embedder.close();
    expect((await Promise.all(running)).map(({ code }) => code)).toEqual(["aborted", "aborted"]);
    expect(asked).toBe(1);
    expect(stopped?.aborted).toBe(true);
  });

  it("turns calls away when too many wait", async () => {
    const embedder = create({
      folder: (closing) => new Promise((_, reject) => closing.addEventListener("abort", () => reject(closing.reason))),
    });
    const waiting = Array.from({ length: 200 }, () => failure(embedder.embed(["a"], "document", signal)));
    const error = await failure(embedder.embed(["a"], "document", signal));
    expect(error).toMatchObject({ code: "model-failed", message: 'Too many calls wait for model "near".' });
    expect(error.retryAfterMs).toBeGreaterThan(0);
    await embedder.close();
    await Promise.all(waiting);
  });
});
