import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { Model, ModelEvent, ModelRequest, Usage } from "../core/model.ts";
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
  const heartbeats = new WeakMap<AbortSignal, () => void>();
  const fetch = deps.fetch ?? createHttpFetch((signal) => heartbeats.get(signal)?.());
  const model = (await loadProviderSdk(name, alias, fetch)).language();
  const isCompatible = alias.provider === "openai-compatible";

  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    let ended: "aborted" | "timeout" | undefined = signal.aborted ? "aborted" : undefined;
    let reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined;
    const controller = new AbortController();
    const { promise: stopped, resolve: stopWaiting } = Promise.withResolvers<undefined>();

    function stop(why: "aborted" | "timeout"): void {
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
    heartbeats.set(controller.signal, () => timer.refresh());
    signal.addEventListener("abort", onAbort, { once: true });

    const fail = (error: unknown): ModelEvent => {
      if (ended === "aborted") return { type: "error", reason: "aborted", retryable: false, message: "Stopped." };
      if (ended === "timeout")
        return {
          type: "error",
          reason: "timeout",
          retryable: true,
          message: `Model "${name}" fell silent for ${Math.round((hasContent ? idleTimeoutMs : firstTokenTimeoutMs) / 1000)} s.`,
        };
      return parseFailure(error, name, alias, now());
    };

    let hasContent = false;
    let isComplete = false;
    let saidChars = 0;
    try {
      if (ended !== undefined) return yield fail(undefined);
      const opening = Promise.resolve(model.doStream(formatRequest(request, alias, controller.signal)));
      opening.catch(() => undefined);
      const opened = await Promise.race([opening, stopped]);
      if (opened === undefined) return yield fail(undefined);
      reader = opened.stream.getReader();
      const readPart = createPartReader({
        stripsThinkTags: isCompatible,
        keepsThoughts: isCompatible,
      });
      for (;;) {
        isWaiting = true;
        const { done, value } = await reader.read();
        isWaiting = false;
        if (ended !== undefined || done)
          return yield fail({ name: "AI_StreamEndedError", message: "The stream ended early." });
        if (!hasContent && isContent(value)) {
          hasContent = true;
          clearTimeout(timer);
          timer = setTimeout(onSilence, idleTimeoutMs);
        } else timer.refresh();
        for (const piece of readPart(value)) {
          if (piece.type === "failure") return yield fail(piece.error);
          if (piece.type === "end") {
            isComplete = true;
            return yield formatDone(piece.end, request, saidChars);
          }
          saidChars += piece.type === "toolCall" ? JSON.stringify(piece.input).length : piece.text.length;
          yield piece;
          // Whoever reads us may have taken its time, or stopped us, in between.
          if (ended !== undefined) return yield fail(undefined);
        }
      }
    } catch (error) {
      yield fail(error);
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
    const { inputTokens, outputTokens } = end.usage;
    const cacheWriteTokens = inputTokens.cacheWrite ?? 0;
    // A server that does not count is counted for, roughly: budgets must not stand still.
    const usage: Usage = {
      inputTokens: inputTokens.total ?? Math.ceil(requestChars(request) / 4),
      outputTokens: outputTokens.total ?? Math.ceil(saidChars / 4),
      cachedTokens: inputTokens.cacheRead ?? 0,
    };
    const cost = price === undefined ? {} : { costMicros: costMicros(price, { ...usage, cacheWriteTokens }) };
    return {
      type: "done",
      usage,
      stop: end.stop,
      modelId: id,
      ...cost,
      ...(end.thoughts.length === 0 ? {} : { thoughts: end.thoughts }),
    };
  }

  return { id, contextTokens: pickContextTokens(alias), stream };
}
