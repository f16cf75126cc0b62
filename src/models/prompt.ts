import type {
  JSONSchema7,
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";
import type { ContentPart, ModelMessage, ModelRequest } from "../core/model.ts";
import type { AliasConfig, ProviderName } from "./alias.ts";

type UserPart = Extract<LanguageModelV4Message, { role: "user" }>["content"][number];
type AssistantPart = Extract<LanguageModelV4Message, { role: "assistant" }>["content"][number];
type ToolPart = Extract<LanguageModelV4Message, { role: "tool" }>["content"][number];

/** Under which names a provider's SDK writes metadata and reads options; the first one is ours to write. */
const optionNames: Readonly<Record<ProviderName, readonly string[]>> = {
  openai: ["openai"],
  azure: ["openai", "azure"],
  anthropic: ["anthropic"],
  google: ["google"],
  bedrock: ["bedrock", "amazonBedrock"],
  "openai-compatible": ["openaiCompatible"],
  llama: [],
  onnx: [],
  offline: [],
};

/** Files that a provider reads itself. Others are named to the model, because one unreadable file fails the whole request. */
const readableFiles: Readonly<Record<ProviderName, RegExp>> = {
  openai: /^image\/(png|jpeg|webp|gif)$|^application\/pdf$/,
  azure: /^image\/(png|jpeg|webp|gif)$|^application\/pdf$/,
  anthropic: /^image\/(png|jpeg|webp|gif)$|^application\/pdf$/,
  google: /^image\/|^audio\/|^video\/|^application\/pdf$/,
  bedrock: /^image\/(png|jpeg|webp|gif)$|^application\/pdf$/,
  "openai-compatible": /^image\/(png|jpeg|webp|gif)$/,
  llama: /^$/,
  onnx: /^$/,
  offline: /^$/,
};

/** A request as the AI SDK's providers take it. Pure. */
export function formatRequest(
  request: ModelRequest,
  alias: AliasConfig,
  abortSignal: AbortSignal,
): LanguageModelV4CallOptions {
  const maxOutputTokens = request.maxTokens ?? alias.maxTokens;
  const temperature = request.temperature ?? alias.temperature;
  const tools = formatTools(request, alias);
  const options = formatOptions(request, alias);
  return {
    prompt: formatPrompt(request, alias),
    abortSignal,
    ...(tools.length === 0 ? {} : { tools, toolChoice: { type: "auto" } }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(request.jsonSchema === undefined
      ? {}
      : {
          responseFormat: {
            type: "json",
            // oxlint-disable-next-line typescript/no-unsafe-assignment -- the SDK's type comes from a package that it does not bring
            schema: request.jsonSchema as JSONSchema7,
            name: "answer",
          },
        }),
    ...(options === undefined ? {} : { providerOptions: options }),
  };
}

function formatPrompt(request: ModelRequest, alias: AliasConfig): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = [];
  if (request.system !== "") prompt.push({ role: "system", content: request.system });
  // Thoughts are only wanted back within the turn that they belong to.
  const turnStart = request.messages.findLastIndex((message) => message.role === "user");
  for (const [index, message] of request.messages.entries())
    prompt.push(...formatMessage(message, alias, index > turnStart));
  const mark = cacheMark(alias);
  if (mark) {
    // The marks of a prompt cache: after the system text (tools come before it), where the request before this one
    // ended, and after the newest message. Without the one in the middle it would be looked for, but not far back:
    // Anthropic looks at 20 blocks, and one step with many calls has more. With the tools' own there are four, the most.
    const newest = prompt.findLastIndex((each) => each.role === "assistant");
    const before = newest > 0 ? prompt[newest - 1] : undefined;
    for (const message of new Set([prompt.find((each) => each.role === "system"), before, prompt.at(-1)]))
      if (message && message.role !== "assistant") message.providerOptions = mark;
  }
  return prompt;
}

function formatMessage(message: ModelMessage, alias: AliasConfig, isThisTurn: boolean): LanguageModelV4Message[] {
  if (message.role === "user") return userMessage(message.content.flatMap((part) => formatUserPart(part, alias)));
  if (message.role === "assistant") {
    const content = message.content.flatMap((part) => formatAssistantPart(part, alias, isThisTurn));
    return content.length === 0 ? [] : [{ role: "assistant", content }];
  }
  const results = message.content.flatMap(formatToolPart);
  // Files that a tool brought follow as the user's: not every provider takes them within a result.
  const files = userMessage(
    message.content.flatMap((part) => (part.type === "file" ? formatUserPart(part, alias) : [])),
  );
  return results.length === 0 ? files : [{ role: "tool", content: results }, ...files];
}

function userMessage(content: UserPart[]): LanguageModelV4Message[] {
  return content.length === 0 ? [] : [{ role: "user", content }];
}

function formatUserPart(part: ContentPart, alias: AliasConfig): UserPart[] {
  // Blank text is refused by some providers.
  if (part.type === "text") return part.text.trim() === "" ? [] : [{ type: "text", text: part.text }];
  if (part.type !== "file") return [];
  if (readableFiles[alias.provider].test(part.mimeType)) {
    return [
      {
        type: "file",
        filename: part.name,
        mediaType: part.mimeType,
        data: { type: "data", data: part.base64 },
      },
    ];
  }
  if (/^text\/|^application\/json$/.test(part.mimeType))
    return [
      {
        type: "text",
        text: `File ${part.name}:\n${Buffer.from(part.base64, "base64").toString("utf8")}`,
      },
    ];
  return [{ type: "text", text: `[File ${part.name} (${part.mimeType}): this model cannot read it]` }];
}

function formatAssistantPart(part: ContentPart, alias: AliasConfig, isThisTurn: boolean): AssistantPart[] {
  if (part.type === "text") return part.text.trim() === "" ? [] : [{ type: "text", text: part.text }];
  if (part.type === "toolCall") {
    const own = ownOptions(part.providerMetadata, alias);
    return [
      {
        type: "tool-call",
        toolCallId: safeId(part.id),
        toolName: part.name,
        input: inputObject(part.input),
        ...(own ? { providerOptions: own } : {}),
      },
    ];
  }
  if (part.type !== "thought") return [];
  const own = ownOptions(part.providerMetadata, alias);
  // Another provider's thoughts mean nothing to this one; OpenAI-compatible servers want them for the current turn only.
  if (!own || (alias.provider === "openai-compatible" && !isThisTurn)) return [];
  return [
    {
      type: "reasoning",
      text: part.text,
      ...(alias.provider === "openai-compatible" ? {} : { providerOptions: own }),
    },
  ];
}

function formatToolPart(part: ContentPart): ToolPart[] {
  if (part.type !== "toolResult") return [];
  return [
    {
      type: "tool-result",
      toolCallId: safeId(part.id),
      toolName: part.name,
      output: { type: part.isError ? "error-text" : "text", value: part.output },
    },
  ];
}

/** Garbled input is kept as the text it was; providers insist on an object. */
function inputObject(input: unknown): unknown {
  return typeof input === "object" && input !== null && !Array.isArray(input) ? input : { invalid: input ?? null };
}

/** Ids that another provider made up; Anthropic takes no other characters. */
function safeId(id: string): string {
  return id.replace(/[^\w-]/g, "_");
}

function ownOptions(
  metadata: Record<string, unknown> | undefined,
  alias: AliasConfig,
): SharedV4ProviderOptions | undefined {
  if (metadata === undefined || !optionNames[alias.provider].some((name) => name in metadata)) return undefined;
  return metadata as SharedV4ProviderOptions;
}

function formatTools(request: ModelRequest, alias: AliasConfig): LanguageModelV4FunctionTool[] {
  const tools = request.tools.map((tool): LanguageModelV4FunctionTool => ({
    type: "function",
    name: tool.name,
    description: tool.description,
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- likewise
    inputSchema: tool.inputSchema as JSONSchema7,
  }));
  const last = tools.at(-1);
  const mark = alias.provider === "anthropic" ? cacheMark(alias) : undefined;
  if (last && mark) last.providerOptions = mark;
  return tools;
}

/** Where caching must be asked for. OpenAI's is steered by a key; the others cache by themselves. */
function cacheMark(alias: AliasConfig): SharedV4ProviderOptions | undefined {
  if (alias.provider === "anthropic") return { anthropic: { cacheControl: { type: "ephemeral" } } };
  // Bedrock refuses the mark for models that have no cache.
  if (alias.provider === "bedrock" && /anthropic|nova/.test(alias.model))
    return { bedrock: { cachePoint: { type: "default" } } };
  return undefined;
}

function formatOptions(request: ModelRequest, alias: AliasConfig): SharedV4ProviderOptions | undefined {
  if (alias.provider !== "openai" && alias.provider !== "azure") return undefined;
  // Nothing is stored at the provider; thoughts then travel encrypted in their own metadata.
  return {
    openai: {
      store: false,
      strictJsonSchema: false,
      ...(request.cacheKey === undefined ? {} : { promptCacheKey: request.cacheKey }),
    },
  };
}
