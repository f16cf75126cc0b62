import type { ChatHistoryItem, Llama, LlamaChatResponseChunk, Token } from "node-llama-cpp";
import { AppError } from "../../core/errors.ts";
import type { StopReason, Usage } from "../../core/model.ts";
import type { LoadedModel } from "./load.ts";
import type { RunOrder, Saying } from "./protocol.ts";
import { readPrompt } from "./read-prompt.ts";

/** Room that must be left for an answer. */
const leastAnswerTokens = 16;
const mostCalls = 16;

export interface Generation {
  readonly signal: AbortSignal;
  readonly onReading: () => void;
  readonly onSaying: (saying: Saying) => void;
}

/** One answer. Throws AppError "too-large" for a prompt without room for one, else the signal's reason, or a bug. */
export async function generate(
  loaded: LoadedModel,
  order: RunOrder,
  { signal, onReading, onSaying }: Generation,
): Promise<{ readonly stop: StopReason; readonly usage: Usage }> {
  const { sequence, chat } = loaded;
  const tokens = tokenize(loaded, order, order.history);
  const room = sequence.contextSize - tokens.length - 1;
  if (room < leastAnswerTokens)
    throw new AppError(
      "too-large",
      `Context too long: ${tokens.length} tokens, and the model holds ${sequence.contextSize}.`,
      { hint: "Set a larger contextTokens for it, where memory allows." },
    );
  const cachedTokens = await readPrompt(loaded, {
    tokens,
    staticTokens: () => countStatic(loaded, order, tokens),
    signal,
    onProgress: onReading,
  });
  const meter = sequence.tokenMeter.getState();
  const grammar =
    order.grammar === undefined
      ? undefined
      : await loaded.llama.createGrammarForJsonSchema(
          order.grammar as Parameters<Llama["createGrammarForJsonSchema"]>[0],
        );
  const answer = await chat.generateResponse([...order.history], {
    signal,
    // Beyond it the library would drop the beginning of the conversation, which is ours to decide.
    maxTokens: Math.min(order.maxTokens ?? room, room),
    temperature: order.temperature,
    onResponseChunk: (chunk) => tell(chunk, grammar !== undefined, onSaying),
    ...(grammar === undefined
      ? {
          ...(order.functions === undefined ? {} : { functions: order.functions }),
          maxParallelFunctionCalls: mostCalls,
          onFunctionCall: (call: { functionName: string; params: unknown; raw: unknown }) =>
            onSaying({ type: "call", name: call.functionName, input: call.params ?? {}, raw: call.raw }),
        }
      : { grammar, repeatPenalty: false as const }),
  });
  const { usedOutputTokens } = sequence.tokenMeter.diff(meter);
  const { stopReason } = answer.metadata;
  const stop = stopReason === "functionCalls" ? "toolCalls" : stopReason === "maxTokens" ? "length" : "end";
  return { stop, usage: { inputTokens: tokens.length, cachedTokens, outputTokens: usedOutputTokens } };
}

function tell(chunk: LlamaChatResponseChunk, isGrammar: boolean, onSaying: Generation["onSaying"]): void {
  if (chunk.text === "") return;
  // Under a grammar everything is the object, also where the template begins with a thought.
  onSaying({ type: chunk.segmentType === undefined || isGrammar ? "text" : "thought", text: chunk.text });
}

/** What the library will read, but for what it adds itself when an answer begins. */
function tokenize({ wrapper, sequence }: LoadedModel, order: RunOrder, history: readonly ChatHistoryItem[]): Token[] {
  const last = history.at(-1);
  const { contextText } = wrapper.generateContextState({
    chatHistory: last?.type === "model" ? history : [...history, { type: "model", response: [] }],
    ...(order.functions === undefined ? {} : { availableFunctions: order.functions }),
  });
  return contextText.tokenize(sequence.model.tokenizer);
}

/** The tokens before anybody spoke: what stays the same when another says something else. */
function countStatic(loaded: LoadedModel, order: RunOrder, tokens: readonly Token[]): number {
  const system = order.history.filter((item) => item.type === "system");
  const other = tokenize(loaded, order, [...system, { type: "user", text: "\u{1F300}" }]);
  const index = other.findIndex((token, at) => token !== tokens[at]);
  return index < 0 ? other.length : index;
}
