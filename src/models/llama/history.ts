import type { ChatHistoryItem, ChatModelFunctionCall, ChatModelFunctions, LlamaTextJSON } from "node-llama-cpp";
import type { ContentPart, ModelMessage, ModelRequest, ToolDescription } from "../../core/model.ts";
import type { AliasConfig } from "../alias.ts";
import type { RunOrder } from "./protocol.ts";
import { formatGrammarSchema } from "./schema.ts";

type Answered = Extract<ChatHistoryItem, { type: "model" }>["response"][number];

/** Small models that always take the likeliest word begin to repeat themselves. */
const usualTemperature = 0.7;

/** A request as the engine takes it: plain data. Tools and a schema for the answer exclude each other; the schema wins. Pure. */
export function formatRun(request: ModelRequest, alias: AliasConfig): Omit<RunOrder, "type" | "id"> {
  const maxTokens = request.maxTokens ?? alias.maxTokens;
  const schema = request.jsonSchema;
  return {
    history: formatHistory(request),
    temperature: request.temperature ?? alias.temperature ?? (schema === undefined ? usualTemperature : 0),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(schema !== undefined
      ? { grammar: formatGrammarSchema(schema) }
      : request.tools.length === 0
        ? {}
        : { functions: formatFunctions(request.tools) }),
  };
}

/**
 * The engine knows turns of people and of the model; calls and their results belong to the model's. Text, calls and
 * results of several steps in a row become one turn of the model, which it goes on with.
 */
export function formatHistory({ system, messages }: ModelRequest): ChatHistoryItem[] {
  const results = new Map(
    messages.flatMap(({ content }) => content.flatMap((part) => (part.type === "toolResult" ? [[part.id, part]] : []))),
  );
  const turnStart = messages.findLastIndex(({ role }) => role === "user");
  const history: ChatHistoryItem[] = system === "" ? [] : [{ type: "system", text: system }];
  const addUser = (text: string): void => {
    if (text !== "") history.push({ type: "user", text });
  };
  for (const [index, message] of messages.entries()) {
    if (message.role === "user") addUser(formatUser(message));
    else if (message.role === "tool") addUser(message.content.map(formatFile).join(""));
    else {
      const answered = message.content.flatMap((part, at) =>
        formatAnswered(
          part,
          at === message.content.findIndex(({ type }) => type === "toolCall"),
          results,
          index > turnStart,
        ),
      );
      const last = history.at(-1);
      if (last?.type === "model") last.response.push(...answered);
      else if (answered.length > 0) history.push({ type: "model", response: answered });
    }
  }
  return history;
}

function formatAnswered(
  part: ContentPart,
  isFirstCall: boolean,
  results: ReadonlyMap<string, Extract<ContentPart, { type: "toolResult" }>>,
  isThisTurn: boolean,
): Answered[] {
  if (part.type === "text") return part.text === "" ? [] : [part.text];
  // Another model's thoughts mean nothing to this one, and its own ones only within the turn they belong to.
  if (part.type === "thought")
    return isThisTurn && part.providerMetadata !== undefined && "llama" in part.providerMetadata
      ? [{ type: "segment", segmentType: "thought", text: part.text, ended: true }]
      : [];
  if (part.type !== "toolCall") return [];
  const result = results.get(part.id);
  const own = part.providerMetadata?.["llama"] as { readonly raw?: LlamaTextJSON } | undefined;
  const call: ChatModelFunctionCall = {
    type: "functionCall",
    name: part.name,
    params: part.input,
    result: result === undefined ? "No result." : result.isError ? `Error: ${result.output}` : result.output,
    ...(isFirstCall ? { startsNewChunk: true } : {}),
    ...(own?.raw === undefined ? {} : { rawCall: own.raw }),
  };
  return [call];
}

function formatUser({ content }: ModelMessage): string {
  return content
    .map((part) => (part.type === "text" ? part.text : formatFile(part)))
    .filter((text) => text.trim() !== "")
    .join("\n\n");
}

function formatFile(part: ContentPart): string {
  if (part.type !== "file") return "";
  return /^text\/|^application\/json$/.test(part.mimeType)
    ? `File ${part.name}:\n${Buffer.from(part.base64, "base64").toString("utf8")}`
    : `[File ${part.name} (${part.mimeType}): this model cannot read it]`;
}

function formatFunctions(tools: readonly ToolDescription[]): ChatModelFunctions {
  return Object.fromEntries(
    tools.map(({ name, description, inputSchema }) => {
      const properties = (inputSchema["properties"] as object | undefined) ?? {};
      const hasInput = Object.keys(properties).length > 0 || (inputSchema["additionalProperties"] ?? false) !== false;
      return [name, { description, ...(hasInput ? { params: formatGrammarSchema(inputSchema) } : {}) }];
    }),
  );
}
