import type { Worker } from "node:worker_threads";
import type { Embedder, Reranker } from "../../core/embedder.ts";
import { goldenTask } from "./golden.ts";
import { createWorkerHost, type WorkerHost } from "./worker-host.ts";
import type { Loaded, WorkerSettings } from "./worker-protocol.ts";

export interface OnnxOptions {
  /** The alias, for messages. */
  readonly name: string;
  /** What the id is made of, such as "onnx/qwen3-embedding-0.6b". */
  readonly id: string;
  /** The model's folder, or how to come by it; that may fetch the model first. */
  readonly folder: string | ((signal: AbortSignal) => Promise<string>);
  readonly threads: number;
  /** What is looked for, in a sentence; the models were trained with English ones. Default: passages that answer. */
  readonly task?: string;
  /**
   * Longest text, in tokens; never more than the model takes. Default 2,048, for a reranker 1,024: most exports compute
   * the attention of 8,192 tokens in one piece of 4 GB, and 0.6 MB of logits for each token.
   */
  readonly maxTokens?: number;
  /** Most tokens computed at once, the longest time a question waits beside an import. */
  readonly maxBatchTokens?: number;
  /** How long the model stays in memory after its last use. Default 5 minutes. */
  readonly idleMs?: number;
  readonly onLoaded?: (loaded: Loaded) => void;
  readonly startWorker?: (settings: WorkerSettings) => Worker;
  readonly now?: () => number;
}

export interface OnnxEmbedderOptions extends OnnxOptions {
  /** Default 512, half of Qwen3-Embedding-0.6B's: its vectors may be cut anywhere from 32 on (Matryoshka). */
  readonly dimensions?: number;
}

/** Qwen3-Embedding on this machine's processor, in a worker thread, loaded at the first call. */
export function createOnnxEmbedder(options: OnnxEmbedderOptions): Embedder {
  const dimensions = options.dimensions ?? 512;
  const host = createHost("embedding", options, dimensions, { maxTokens: 2_048, maxBatchTokens: 1_024 });
  return {
    id: `${options.id}/${dimensions}`,
    dimensions,
    async embed(texts, kind, signal) {
      if (texts.length === 0) return [];
      const numbers = await host.run({ type: "embed", texts, kind }, signal);
      return texts.map((_, at) => numbers.slice(at * dimensions, (at + 1) * dimensions));
    },
    close: () => host.close(),
  };
}

/** Qwen3-Reranker on this machine's processor, in a worker thread, loaded at the first call. */
export function createOnnxReranker(options: OnnxOptions): Reranker {
  const host = createHost("reranker", options, 0, { maxTokens: 1_024, maxBatchTokens: 512 });
  return {
    id: options.id,
    async score(query, documents, signal) {
      if (documents.length === 0) return [];
      return [...(await host.run({ type: "score", query, documents }, signal))];
    },
    close: () => host.close(),
  };
}

function createHost(
  kind: WorkerSettings["kind"],
  options: OnnxOptions,
  dimensions: number,
  limits: Pick<WorkerSettings, "maxTokens" | "maxBatchTokens">,
): WorkerHost {
  const { folder } = options;
  return createWorkerHost({
    settings: {
      kind,
      name: options.name,
      dimensions,
      task: options.task ?? goldenTask,
      threads: options.threads,
      maxTokens: options.maxTokens ?? limits.maxTokens,
      maxBatchTokens: options.maxBatchTokens ?? limits.maxBatchTokens,
    },
    findFolder: typeof folder === "string" ? () => Promise.resolve(folder) : folder,
    idleMs: options.idleMs ?? 300_000,
    ...(options.onLoaded === undefined ? {} : { onLoaded: options.onLoaded }),
    ...(options.startWorker === undefined ? {} : { startWorker: options.startWorker }),
    ...(options.now === undefined ? {} : { now: options.now }),
  });
}
