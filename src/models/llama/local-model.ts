import { isAppError } from "../../core/errors.ts";
import type { Model, ModelEvent, ModelRequest } from "../../core/model.ts";
import { modelId, type AliasConfig } from "../alias.ts";
import { parseFailure, type ModelFailure } from "../failure.ts";
import { pickContextTokens } from "../prices.ts";
import { createAnswerReader } from "./answer-reader.ts";
import { formatRun } from "./history.ts";
import { createInbox } from "./inbox.ts";
import type { Saying } from "./protocol.ts";
import type { Outcome } from "./resident.ts";
import type { Place, Residents } from "./residents.ts";
import type { Turnstile } from "./turnstile.ts";

export interface LocalModelDeps {
  readonly turnstile: Turnstile;
  readonly residents: Residents;
  readonly closed: AbortSignal;
  /** Where it is to be loaded from; throws AppError when the file is gone. */
  readonly place: (contextTokens: number) => Promise<Place>;
}

/** Reading tells of itself after every piece, so silence means that the process hangs. */
const usualSilenceMs = 60_000;
const aborted: ModelFailure = { type: "error", reason: "aborted", retryable: false, message: "Stopped." };

/** A model whose answers come from the engine's process. Its stream never throws. */
export function createLocalModel(name: string, alias: AliasConfig, deps: LocalModelDeps): Model {
  const id = modelId(alias);
  const contextTokens = pickContextTokens(alias);
  let runs = 0;

  /** One answer, from the place in the line to the model's release. Rejects with AppError or the signal's reason. */
  async function work(
    request: ModelRequest,
    signal: AbortSignal,
    onSaying: (saying: Saying) => void,
  ): Promise<Outcome> {
    const leave = await deps.turnstile.enter(signal);
    try {
      const place = await deps.place(contextTokens);
      const resident = await deps.residents.take(place);
      let outcome: Outcome | undefined;
      try {
        signal.throwIfAborted();
        const order = { type: "run", id: ++runs, ...formatRun(request, alias) } as const;
        outcome = await resident.run(order, signal, alias.idleTimeoutMs ?? usualSilenceMs, onSaying);
        return outcome;
      } finally {
        deps.residents.release(place, outcome?.type === "finished");
      }
    } finally {
      leave();
    }
  }

  function toFailure(outcome: Exclude<Outcome, { readonly type: "finished" }>): ModelFailure {
    const fail = (reason: ModelFailure["reason"], message: string): ModelFailure => ({
      type: "error",
      reason,
      retryable: reason !== "rejected" && reason !== "aborted",
      message,
    });
    if (outcome.type === "crashed")
      return fail(
        "unavailable",
        deps.closed.aborted ? "The local engine is closed." : `The process of model "${name}" ended.`,
      );
    if (outcome.type === "silent") return fail("timeout", `Model "${name}" fell silent.`);
    return fail(outcome.reason, outcome.message);
  }

  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    if (signal.aborted) return yield aborted;
    if (deps.closed.aborted)
      return yield { type: "error", reason: "unavailable", retryable: true, message: "The local engine is closed." };
    const left = new AbortController();
    const stop = AbortSignal.any([signal, deps.closed, left.signal]);
    const reader = createAnswerReader(request);
    const inbox = createInbox<ModelEvent | { readonly type: "end"; readonly outcome: Outcome }>();
    const onAbort = (): void => inbox.put(aborted);
    signal.addEventListener("abort", onAbort, { once: true });
    work(request, stop, (saying) => reader.read(saying).forEach(inbox.put)).then(
      (outcome) => inbox.put({ type: "end", outcome }),
      (error: unknown) => inbox.put(explain(error, signal, name, alias)),
    );
    try {
      for (;;) {
        const event = await inbox.take();
        // Whoever reads us may have stopped us in between; what was said before that is of no use any more.
        if (signal.aborted) return yield aborted;
        if (event.type !== "end") {
          yield event;
          if (event.type === "error") return;
          continue;
        }
        const { outcome } = event;
        if (outcome.type !== "finished") return yield toFailure(outcome);
        for (const last of reader.end(outcome.stop === "length")) yield last;
        if (signal.aborted) return yield aborted;
        const { thoughts } = reader;
        return yield {
          type: "done",
          usage: outcome.usage,
          stop: reader.hasCalls && outcome.stop === "end" ? "toolCalls" : outcome.stop,
          modelId: id,
          costMicros: 0,
          ...(thoughts.length === 0 ? {} : { thoughts }),
        };
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      left.abort();
    }
  }

  return { id, contextTokens, stream };
}

function explain(error: unknown, signal: AbortSignal, name: string, alias: AliasConfig): ModelFailure {
  if (signal.aborted) return aborted;
  // A load that failed by itself, a crash among them, or a long line: worth another try later.
  if (isAppError(error) && (error.code === "model-failed" || error.code === "rate-limited"))
    return {
      type: "error",
      reason: "unavailable",
      retryable: true,
      message: error.message,
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    };
  return parseFailure(error, name, alias, Date.now());
}
