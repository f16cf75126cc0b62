import { availableParallelism } from "node:os";
import type { LoadedConfig } from "../config/load.ts";
import type { Embedder, Reranker } from "./core/embedder.ts";
import { AppError } from "./core/errors.ts";
import type { Logger } from "./core/log.ts";
import { openModelFiles } from "./model-files.ts";
import { createEmbedder, createReranker, type EmbeddingAlias, type EmbeddingDeps } from "./models/embedding/index.ts";

export interface Embedders {
  readonly embedder?: Embedder;
  readonly reranker?: Reranker;
}

/** What memory is configured to understand meaning with. Nothing is loaded yet. Throws AppError "config-invalid". */
export function openEmbedders(loaded: LoadedConfig, log?: Logger): Embedders {
  const { embedder, reranker } = loaded.config.memory;
  const deps: EmbeddingDeps = {
    resolveFolder: (reference, signal) => openModelFiles(loaded).resolveFolder(reference, signal),
    // One fewer than there are: others use the processor, too.
    threads: Math.max(1, availableParallelism() - 1),
    ...(log === undefined ? {} : { log }),
  };
  return {
    ...(embedder === undefined ? {} : { embedder: createEmbedder(embedder, aliasOf(loaded, embedder), deps) }),
    ...(reranker === undefined ? {} : { reranker: createReranker(reranker, aliasOf(loaded, reranker), deps) }),
  };
}

function aliasOf({ config }: LoadedConfig, name: string): EmbeddingAlias {
  const alias = config.models.aliases[name];
  if (alias === undefined)
    throw new AppError("config-invalid", `memory names the model "${name}", which is not under models.aliases.`, {
      hint: "Put it there, or take it out of memory.",
    });
  return alias;
}
