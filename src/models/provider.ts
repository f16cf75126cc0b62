import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { Model, ModelEvent, ModelRequest, Spend } from "../core/model.ts";
import { modelId, type AliasConfig } from "./alias.ts";
import { parseFailure } from "./failure.ts";
import { createHttpFetch } from "./http-fetch.ts";
import { costMicros, pickContextTokens, pickPrice } from "./prices.ts";
import { formatRequest } from "./prompt.ts";
import { requestChars } from "./request-size.ts";
import { loadProviderSdk } from "./sdk.ts";
import { createPartReader, isContent, type StreamEnd } from "./stream.ts";

export interface ProviderDeps {
  /** The alias, for messages; the model's id when absent. */
  readonly name?: string;
  readonly now?: () => number;
  /** Instead of our own. Then comments that keep a silent stream alive do not count as life. */
  readonly fetch?: typeof globalThis.fetch;
}

const endless = { name: "AI_TypeValidationError", message: "An answer without end." };

/** No part of a stream is as large as this: whoever sends so much without one sends no answer. */
const maxPartBytes = 8 * 1024 * 1024;

/**
 * A model behind a provider's API, driven through the AI SDK's own `doStream`: no loop, retry or telemetry of the SDK
 * takes part. Rejects with AppError "package-missing" or "config-invalid". The stream of the model never throws.
 */
export async function createProviderModel(alias: AliasConfig, deps: ProviderDeps = {}): Promise<Model> {
  const id = modelId(alias);
  const name = deps.name ?? id;
  const now = deps.now ?? Date.now;
  const price = pickPrice(alias);
  const idleTimeoutMs = alias.idleTimeoutMs ?? 60_000;
  const firstTokenTimeoutMs = alias.firstTokenTimeoutMs ?? 120_000;
  // Bytes that are no part yet (": still working" comments) show that a stream lives; the SDK keeps them to itself.
  const heartbeats = new WeakMap<AbortSignal, (bytes: number) => void>();
  const fetch = deps.fetch ?? createHttpFetch((signal, bytes) => heartbeats.get(signal)?.(bytes));
  const model = (await loadProviderSdk(name, alias, fetch)).language();
  const isCompatible = alias.provider === "openai-compatible";

  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    let ended: "aborted" | "timeout" | "garbled" | undefined = signal.aborted ? "aborted" : undefined;
    let reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined;
    const controller = new AbortController();
    const { promise: stopped, resolve: stopWaiting } = Promise.withResolvers<undefined>();

    function stop(why: "aborted" | "timeout" | "garbled"): void {
      ended ??= why;
      controller.abort();
      stopWaiting(undefined);
      // Wakes a read that a deaf stream would keep waiting.
      reader?.cancel().catch(() => undefined);
    }
    const onAbort = (): void => stop("aborted");
    // Only the server's silence counts, not the time that our reader takes.
    const onSilence = (): void => void (isWaiting ? stop("timeout") : timer.refresh());
    let isWaiting = true;
    let timer = setTimeout(onSilence, firstTokenTimeoutMs);
    let unreadBytes = 0;
    heartbeats.set(controller.signal, (bytes) => {
      timer.refresh();
      unreadBytes += bytes;
      if (unreadBytes > maxPartBytes) stop("garbled");
    });
    signal.addEventListener("abort", onAbort, { once: true });

    function* fail(error: unknown): Generator<ModelEvent> {
      // Nobody tells what was used up by then.
      if (hasSpoken) yield { type: "spent", ...formatSpend(request, saidChars + openCallChars, undefined) };
      if (ended === "aborted") yield { type: "error", reason: "aborted", retryable: false, message: "Stopped." };
      else if (ended === "timeout")
        yield {
          type: "error",
          reason: "timeout",
          retryable: true,
          message: `Model "${name}" fell silent for ${Math.round((hasContent ? idleTimeoutMs : firstTokenTimeoutMs) / 1000)} s.`,
        };
      else yield parseFailure(ended === "garbled" ? endless : error, name, alias, now());
    }

    let hasContent = false;
    let hasSpoken = false;
    let openCallChars = 0;
    let isComplete = false;
    let saidChars = 0;
    try {
      if (ended !== undefined) return yield* fail(undefined);
      const opening = Promise.resolve(model.doStream(formatRequest(request, alias, controller.signal)));
      opening.catch(() => undefined);
      const opened = await Promise.race([opening, stopped]);
      if (opened === undefined) return yield* fail(undefined);
      reader = opened.stream.getReader();
      const readPart = createPartReader({
        stripsThinkTags: isCompatible,
        keepsThoughts: isCompatible,
      });
      for (;;) {
        isWaiting = true;
        const { done, value } = await reader.read();
        isWaiting = false;
        unreadBytes = 0;
        if (ended !== undefined || done)
          return yield* fail({ name: "AI_StreamEndedError", message: "The stream ended early." });
        if (!hasContent && isContent(value)) {
          hasContent = true;
          clearTimeout(timer);
          timer = setTimeout(onSilence, idleTimeoutMs);
        } else timer.refresh();
        if (isContent(value) && value.type !== "error" && value.type !== "finish") hasSpoken = true;
        if (value.type === "tool-input-delta") openCallChars += value.delta.length;
        for (const piece of readPart(value)) {
          if (piece.type === "failure") return yield* fail(piece.error);
          if (piece.type === "end") {
            isComplete = true;
            return yield formatDone(piece.end, request, saidChars);
          }
          if (piece.type === "toolCall") openCallChars = 0;
          saidChars += piece.type === "toolCall" ? JSON.stringify(piece.input).length : piece.text.length;
          yield piece;
          // Whoever reads us may have taken its time, or stopped us, in between.
          if (ended !== undefined) return yield* fail(undefined);
        }
      }
    } catch (error) {
      yield* fail(error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      heartbeats.delete(controller.signal);
      // Also when our reader left in the middle: nobody is to pay for tokens that nobody reads.
      if (!isComplete) {
        reader?.cancel().catch(() => undefined);
        controller.abort();
      }
    }
  }

  function formatDone(end: StreamEnd, request: ModelRequest, saidChars: number): ModelEvent {
    return {
      type: "done",
      ...formatSpend(request, saidChars, end.usage),
      stop: end.stop,
      ...(end.thoughts.length === 0 ? {} : { thoughts: end.thoughts }),
    };
  }

  function formatSpend(request: ModelRequest, saidChars: number, counted: StreamEnd["usage"] | undefined): Spend {
    const usage = {
      inputTokens: counted?.inputTokens.total ?? Math.ceil(requestChars(request) / 4),
      outputTokens: counted?.outputTokens.total ?? Math.ceil(saidChars / 4),
      cachedTokens: counted?.inputTokens.cacheRead ?? 0,
    };
    const cacheWriteTokens = counted?.inputTokens.cacheWrite ?? 0;
    return {
      usage,
      modelId: id,
      ...(price === undefined ? {} : { costMicros: costMicros(price, { ...usage, cacheWriteTokens }) }),
    };
  }

  return { id, contextTokens: pickContextTokens(alias), stream };
}
