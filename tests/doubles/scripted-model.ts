import type { Model, ModelEvent, ModelRequest, Spend, StopReason, Usage } from "../../src/core/model.ts";

export interface ScriptedAnswer {
  /** Before anything else, in ms. */
  readonly delayMs?: number;
  readonly thought?: string;
  /** A list is streamed piece by piece. */
  readonly text?: string | readonly string[];
  /** Between those pieces. */
  readonly pieceMs?: number;
  readonly toolCalls?: readonly {
    readonly name: string;
    readonly input: unknown;
    readonly id?: string;
  }[];
  /** Last event instead of done, after whatever text there is. */
  readonly error?: Partial<Omit<Extract<ModelEvent, { type: "error" }>, "type">>;
  /** What it took when it fails, as a provider's model tells it. */
  readonly spent?: Omit<Spend, "modelId">;
  /** After the text, nothing more until aborted. */
  readonly hangs?: boolean;
  readonly usage?: Partial<Usage>;
  readonly stop?: StopReason;
  readonly costMicros?: number;
}

export type ScriptStep = string | ScriptedAnswer;

/** Answers in order, or a function of the request and the number of calls before it. */
export type Script =
  | readonly ScriptStep[]
  | ((request: ModelRequest, call: number) => ScriptStep | Promise<ScriptStep>);

export interface ScriptedModel extends Model {
  /** Every request, in order of arrival. */
  readonly requests: readonly ModelRequest[];
  /** Streams that ended by abort. */
  readonly aborted: () => number;
}

/** A model that says what the script says. A list that has run out answers with an error that says so. */
export function createScriptedModel(
  script: Script,
  options: { readonly id?: string; readonly contextTokens?: number } = {},
): ScriptedModel {
  const id = options.id ?? "scripted";
  const requests: ModelRequest[] = [];
  let abortedCount = 0;

  async function pickStep(request: ModelRequest, call: number): Promise<ScriptStep> {
    if (typeof script === "function") return script(request, call);
    return (
      script[call] ?? {
        error: {
          message: `The script has no answer number ${call + 1}.`,
          retryable: false,
          reason: "rejected",
        },
      }
    );
  }

  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const call = requests.push(request) - 1;
    const stopped = (): ModelEvent => {
      abortedCount += 1;
      return { type: "error", reason: "aborted", retryable: false, message: "Stopped." };
    };
    let step: ScriptStep;
    try {
      step = await pickStep(request, call);
    } catch (error) {
      step = { error: { message: String(error), retryable: false, reason: "rejected" } };
    }
    const answer: ScriptedAnswer = typeof step === "string" ? { text: step } : step;
    if (answer.delayMs !== undefined) await wait(answer.delayMs, signal);
    if (signal.aborted) return yield stopped();
    if (answer.thought !== undefined) yield { type: "thought", text: answer.thought };
    let chars = 0;
    for (const text of typeof answer.text === "string" ? [answer.text] : (answer.text ?? [])) {
      if (signal.aborted) return yield stopped();
      chars += text.length;
      yield { type: "text", text };
      if (answer.pieceMs !== undefined) await wait(answer.pieceMs, signal);
    }
    for (const [index, toolCall] of (answer.toolCalls ?? []).entries()) {
      if (signal.aborted) return yield stopped();
      yield {
        type: "toolCall",
        id: toolCall.id ?? `call_${call}_${index}`,
        name: toolCall.name,
        input: toolCall.input,
      };
    }
    if (answer.hangs) await wait(undefined, signal);
    if (signal.aborted) return yield stopped();
    if (answer.error && answer.spent) yield { type: "spent", modelId: id, ...answer.spent };
    if (answer.error)
      return yield {
        type: "error",
        message: "The script says: fail.",
        retryable: true,
        reason: "unavailable",
        ...answer.error,
      };
    const usage: Usage = {
      inputTokens: 100,
      outputTokens: Math.ceil(chars / 4),
      cachedTokens: 0,
      ...answer.usage,
    };
    const stop = answer.stop ?? ((answer.toolCalls ?? []).length > 0 ? "toolCalls" : "end");
    yield {
      type: "done",
      usage,
      stop,
      modelId: id,
      ...(answer.costMicros === undefined ? {} : { costMicros: answer.costMicros }),
    };
  }

  return {
    id,
    contextTokens: options.contextTokens ?? 32_000,
    stream,
    requests,
    aborted: () => abortedCount,
  };
}

/** Until the time is over (undefined: never) or the signal aborts. */
function wait(ms: number | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = ms === undefined ? undefined : setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    }
    signal.addEventListener("abort", finish, { once: true });
  });
}
