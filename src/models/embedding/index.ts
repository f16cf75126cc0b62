import { basename } from "node:path";
import type { Embedder, Reranker } from "../../core/embedder.ts";
import { AppError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { createOnnxEmbedder, createOnnxReranker, type OnnxOptions } from "./onnx-embedder.ts";
import { createProviderEmbedder, type ProviderEmbedderDeps } from "./provider-embedder.ts";
import type { EmbeddingAlias } from "./provider-traits.ts";

export { createOnnxEmbedder, createOnnxReranker } from "./onnx-embedder.ts";
export { createProviderEmbedder, type EmbeddingUsage } from "./provider-embedder.ts";
export type { EmbeddingAlias } from "./provider-traits.ts";

export interface EmbeddingDeps extends ProviderEmbedderDeps {
  /** Turns an onnx alias's `model` into a folder on this machine; may fetch it first. */
  readonly resolveFolder: (reference: string, signal: AbortSignal) => Promise<string>;
  /** Processor threads of a local model. */
  readonly threads: number;
  readonly idleMs?: number;
  readonly log?: Logger;
}

/** The embedder of an alias. Nothing is loaded or reached before its first call. Throws AppError "config-invalid". */
export function createEmbedder(name: string, alias: EmbeddingAlias, deps: EmbeddingDeps): Embedder {
  if (alias.provider !== "onnx") return createProviderEmbedder(name, alias, deps);
  return createOnnxEmbedder({
    ...onnxOptions(name, alias, deps),
    ...(alias.dimensions === undefined ? {} : { dimensions: alias.dimensions }),
  });
}

/** The reranker of an alias; only models of provider "onnx" rerank. Nothing is loaded before its first call. */
export function createReranker(name: string, alias: EmbeddingAlias, deps: EmbeddingDeps): Reranker {
  if (alias.provider !== "onnx")
    throw new AppError("config-invalid", `Model "${name}" (${alias.provider}) cannot be the reranker.`, {
      hint: "Use provider onnx with Qwen3-Reranker, or leave memory.reranker out.",
    });
  return createOnnxReranker(onnxOptions(name, alias, deps));
}

function onnxOptions(name: string, alias: EmbeddingAlias, deps: EmbeddingDeps): OnnxOptions {
  return {
    name,
    // The same model in another folder makes the same vectors.
    id: `onnx/${basename(alias.model).toLowerCase()}`,
    folder: (signal) => deps.resolveFolder(alias.model, signal),
    threads: deps.threads,
    ...(alias.task === undefined ? {} : { task: alias.task }),
    ...(deps.idleMs === undefined ? {} : { idleMs: deps.idleMs }),
    ...(deps.now === undefined ? {} : { now: deps.now }),
    onLoaded({ isTested, canBatch }) {
      if (!isTested)
        deps.log?.warn({ model: name }, "This model's answers could not be checked: it has no golden.json.");
      if (!canBatch)
        deps.log?.info({ model: name }, "This model computes one text at a time: batches change its results.");
    },
  };
}
