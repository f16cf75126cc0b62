import type { EmbeddingModelV4 } from "@ai-sdk/provider";
import type { Embedder } from "../../core/embedder.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import { modelId, type ProviderName } from "../alias.ts";
import { parseFailure } from "../failure.ts";
import { createHttpFetch } from "../http-fetch.ts";
import { costMicros, pickPrice } from "../prices.ts";
import { loadProviderSdk } from "../sdk.ts";
import { planCalls } from "./calls.ts";
import { pickEmbeddingTraits, type EmbeddingAlias } from "./provider-traits.ts";
import { pickUnitVector } from "./vectors.ts";

export interface EmbeddingUsage {
  readonly modelId: string;
  /** As the provider counts; estimated where it does not. */
  readonly inputTokens: number;
  /** Absent: the price is not known. */
  readonly costMicros?: number;
}

export interface ProviderEmbedderDeps {
  readonly now?: () => number;
  readonly fetch?: typeof globalThis.fetch;
  /** Told after each call to the provider. */
  readonly onUsage?: (usage: EmbeddingUsage) => void;
}

/**
 * Vectors from a provider's API by the AI SDK's own `doEmbed`; nothing is retried here. Texts go out in calls as large as
 * the provider takes. Its package is loaded at the first call. Throws AppError "config-invalid" when the provider makes no
 * vectors, or their length is not known.
 */
export function createProviderEmbedder(name: string, alias: EmbeddingAlias, deps: ProviderEmbedderDeps = {}): Embedder {
  const { now = Date.now } = deps;
  if (!vectorProviders.has(alias.provider)) throw describeNoVectors();
  const traits = pickEmbeddingTraits(name, alias);
  const id = modelId(alias);
  const timeoutMs = alias.firstTokenTimeoutMs ?? 60_000;
  const price = pickPrice(alias);
  let loading: Promise<EmbeddingModelV4> | undefined;

  async function load(): Promise<EmbeddingModelV4> {
    const sdk = await loadProviderSdk(name, alias, deps.fetch ?? createHttpFetch());
    if (sdk.embedding === undefined) throw describeNoVectors();
    return sdk.embedding();
  }

  function describeNoVectors(): AppError {
    return new AppError("config-invalid", `Provider "${alias.provider}" of model "${name}" makes no vectors.`, {
      hint: `Use one of these for memory.embedder: onnx, ${[...vectorProviders].join(", ")}.`,
    });
  }

  async function call(
    model: EmbeddingModelV4,
    values: string[],
    kind: "query" | "document",
    signal: AbortSignal,
  ): Promise<readonly Float32Array[]> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await model.doEmbed({
        values,
        abortSignal: AbortSignal.any([signal, timeout]),
        providerOptions: traits.options(kind),
        ...(traits.sendsDimensions ? { dimensions: traits.dimensions } : {}),
      });
      if (answer.embeddings.length !== values.length) throw describeCount(answer.embeddings.length, values.length);
      tellUsage(answer.usage?.tokens, values);
      return sortByIndex(answer.embeddings, answer.response?.body).map((vector) =>
        pickUnitVector(vector, traits.dimensions, name),
      );
    } catch (error) {
      if (signal.aborted) throw new AppError("aborted", "Stopped.", { cause: error });
      if (timeout.aborted)
        throw new AppError("model-failed", `Model "${name}" did not answer within ${timeoutMs / 1000} s.`, {
          retryAfterMs: shortWaitMs,
          cause: error,
        });
      if (isAppError(error)) throw error;
      const { message, retryable, retryAfterMs } = parseFailure(error, name, alias, now());
      throw new AppError("model-failed", message, {
        ...(retryable ? { retryAfterMs: retryAfterMs ?? shortWaitMs } : {}),
        cause: error,
      });
    }
  }

  function describeCount(got: number, expected: number): AppError {
    return new AppError("model-failed", `Model "${name}" answered ${expected} texts with ${got} vectors.`, {
      retryAfterMs: shortWaitMs,
    });
  }

  function tellUsage(counted: number | undefined, values: readonly string[]): void {
    const isCounted = counted !== undefined && Number.isFinite(counted);
    const inputTokens = isCounted ? counted : Math.ceil(values.reduce((sum, text) => sum + text.length, 0) / 4);
    const usage = { inputTokens, outputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0 };
    const cost = price === undefined ? {} : { costMicros: costMicros(price, usage) };
    deps.onUsage?.({ modelId: id, inputTokens, ...cost });
  }

  return {
    id: `${id}/${traits.dimensions}`,
    dimensions: traits.dimensions,
    async embed(texts, kind, signal) {
      if (signal.aborted) throw new AppError("aborted", "Stopped.");
      if (texts.length === 0) return [];
      const model = await (loading ??= load()).catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      const most = (await model.maxEmbeddingsPerCall) ?? 1;
      const calls = planCalls(texts, most, traits.prefix[kind]);
      const failing = new AbortController();
      const either = AbortSignal.any([signal, failing.signal]);
      const answers: (readonly Float32Array[])[] = [];
      let next = 0;
      const work = async (): Promise<void> => {
        for (let at = next++; at < calls.length; at = next++)
          answers[at] = await call(model, calls[at] ?? [], kind, either);
      };
      try {
        await Promise.all(Array.from({ length: most === 1 ? callsAtOnce : 1 }, work));
      } catch (error) {
        failing.abort();
        throw error;
      }
      return answers.flat();
    },
    close: () => Promise.resolve(),
  };
}

const vectorProviders = new Set<ProviderName>(["openai", "google", "azure", "bedrock", "openai-compatible"]);
const shortWaitMs = 2_000;
/** Where a provider takes one text a call; elsewhere one call fills it well enough. */
const callsAtOnce = 4;

/** OpenAI's wire tells each vector's place, which the SDK leaves out; most servers answer in order, as the SDK expects. */
function sortByIndex(embeddings: readonly number[][], body: unknown): readonly number[][] {
  const data = typeof body === "object" && body !== null && "data" in body ? body.data : undefined;
  if (!Array.isArray(data) || data.length !== embeddings.length) return embeddings;
  const places = data.map((item: { readonly index?: unknown }) => item.index);
  if (new Set(places).size !== places.length) return embeddings;
  const sorted = embeddings.map((vector, at) => ({ vector, place: Number(places[at]) }));
  return sorted.toSorted((a, b) => a.place - b.place).map(({ vector }) => vector);
}
