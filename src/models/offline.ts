import type { Model, ModelEvent, ModelMessage, ModelRequest, ToolDescription } from "../core/model.ts";

const noModel = "No language model is set up, so I cannot think this through.";
const howTo =
  "To set one up: give me ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY in the environment, or start Ollama on this machine, or fetch one with `parlance models pull qwen3-0.6b`, or name a model under `models` in parlance.yaml. Commands work without one: /help lists them.";
const usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };
const searchTool = "search_conversation";
const longestQuote = 600;

/**
 * The built-in model that needs no network and never pretends. Says that no language model is set up and how to set
 * one up; asked a question while `search_conversation` is offered, it searches and quotes what was found, word for
 * word. Deterministic. A request for an object of a schema is refused: there is nothing it could honestly fill in.
 */
export function createOfflineModel(): Model {
  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const last = request.messages.at(-1);
    if (request.jsonSchema !== undefined)
      return yield {
        type: "error",
        reason: "rejected",
        retryable: false,
        message: `${noModel} ${howTo}`,
      };
    const tool = request.tools.find((each) => each.name === searchTool);
    const question = last?.role === "user" ? textOf(last) : "";
    if (tool && isQuestion(question)) {
      if (signal.aborted) return yield aborted;
      yield {
        type: "toolCall",
        id: `offline_${request.messages.length}`,
        name: searchTool,
        input: { [queryField(tool)]: pickWords(question) },
      };
      return yield { type: "done", usage, stop: "toolCalls", modelId: "offline", costMicros: 0 };
    }
    for (const piece of answer(last).match(/\S+\s*/g) ?? []) {
      if (signal.aborted) return yield aborted;
      yield { type: "text", text: piece };
    }
    yield signal.aborted ? aborted : { type: "done", usage, stop: "end", modelId: "offline", costMicros: 0 };
  }
  return { id: "offline", contextTokens: 1_000_000, stream };
}

const aborted: ModelEvent = {
  type: "error",
  reason: "aborted",
  retryable: false,
  message: "Stopped.",
};

function answer(last: ModelMessage | undefined): string {
  const results = last?.role === "tool" ? last.content.filter((part) => part.type === "toolResult") : [];
  if (results.length === 0) return `${noModel}\n\n${howTo}`;
  const found = results.filter((result) => !result.isError && result.output.trim() !== "");
  if (found.length === 0) return `${noModel} I searched this conversation and found nothing.\n\n${howTo}`;
  return `${noModel} This is what I found in this conversation:\n\n${found.map((result) => quote(result.output)).join("\n\n")}\n\n${howTo}`;
}

function quote(text: string): string {
  const cut = text.trim().length > longestQuote ? `${text.trim().slice(0, longestQuote)} …` : text.trim();
  return cut
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
}

function isQuestion(text: string): boolean {
  return (
    /[?？؟]\s*$/.test(text.trim()) ||
    /^(who|what|when|where|why|how|which|whose|did|does|do|is|are|was|were|can|could|should)\b/i.test(text.trim())
  );
}

const smallWords = new Set(
  "a an and are as at be by can could did do does for from had has have how i in is it its me my of on or our should tell that the their they this to was we were what when where which who whose why will with would you your".split(
    " ",
  ),
);

/** The words that carry the question; all of it when nothing else is left. */
function pickWords(question: string): string {
  const words = question.match(/[\p{L}\p{N}][\p{L}\p{N}'-]*/gu) ?? [];
  const telling = words.filter((word) => !smallWords.has(word.toLowerCase()));
  return (telling.length > 0 ? telling : words).slice(0, 12).join(" ");
}

function queryField(tool: ToolDescription): string {
  const properties = Object.keys((tool.inputSchema["properties"] as object | undefined) ?? {});
  return ["query", "words", "text"].find((name) => properties.includes(name)) ?? properties[0] ?? "query";
}

function textOf(message: ModelMessage): string {
  return message.content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}
