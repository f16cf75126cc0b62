import { z } from "zod";
import type { ContentPart, Model, ModelEvent, ModelMessage, ToolDescription, Usage } from "../core/model.ts";

/** The part of OpenAI's chat completion request that we understand; the rest is ignored, as clients expect. */
const text = z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() }))]);
export const requestSchema = z.looseObject({
  model: z.string().max(200).default("default"),
  messages: z
    .array(
      z.discriminatedUnion("role", [
        z.looseObject({ role: z.literal("system"), content: text }),
        z.looseObject({ role: z.literal("developer"), content: text }),
        z.looseObject({ role: z.literal("user"), content: text }),
        z.looseObject({
          role: z.literal("assistant"),
          content: text.nullish(),
          tool_calls: z
            .array(
              z.looseObject({ id: z.string(), function: z.looseObject({ name: z.string(), arguments: z.string() }) }),
            )
            .optional(),
        }),
        z.looseObject({ role: z.literal("tool"), tool_call_id: z.string(), content: text }),
      ]),
    )
    .min(1)
    .max(2_000),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  tools: z
    .array(
      z.looseObject({
        function: z.looseObject({
          name: z.string(),
          description: z.string().optional(),
          parameters: z.record(z.string(), z.unknown()).optional(),
        }),
      }),
    )
    .nullish(),
});

export interface CompletionRequest {
  readonly model: string;
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ToolDescription[];
  readonly temperature?: number;
  readonly maxTokens?: number;
}

/** Answers by an alias ("fast"), a persona ("persona:oncall") or "default". Undefined: no such model. */
export type Complete = (
  request: CompletionRequest,
  signal: AbortSignal,
) => { readonly model: Model; readonly events: AsyncIterable<ModelEvent> } | undefined;

export interface CompletionDeps {
  readonly complete: Complete;
  readonly createId: () => string;
  readonly now: () => number;
}

/** POST /v1/chat/completions: OpenAI's format, streaming and whole, the caller's own tools passed through. */
export function createCompletions({
  complete,
  createId,
  now,
}: CompletionDeps): (body: unknown, signal: AbortSignal) => Promise<Response> {
  return async function answer(body, signal) {
    const parsed = requestSchema.safeParse(body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return failure(
        400,
        `${issue?.path.join(".") || "the body"}: ${issue?.message ?? "not valid"}`,
        "invalid_request_error",
      );
    }
    const { data } = parsed;
    const maxTokens = data.max_completion_tokens ?? data.max_tokens ?? undefined;
    const found = complete(
      {
        model: data.model,
        ...toMessages(data.messages),
        tools: (data.tools ?? []).map((tool) => ({
          name: tool.function.name,
          description: tool.function.description ?? "",
          inputSchema: tool.function.parameters ?? { type: "object" },
          effect: "execute" as const,
        })),
        ...(data.temperature == null ? {} : { temperature: data.temperature }),
        ...(maxTokens === undefined ? {} : { maxTokens }),
      },
      signal,
    );
    if (found === undefined)
      return failure(404, `There is no model "${data.model}". GET /v1/models lists them.`, "invalid_request_error");
    const head = { id: `chatcmpl-${createId()}`, created: Math.floor(now() / 1000), model: data.model };
    return data.stream === true
      ? streamed(found.events, head, data.stream_options?.include_usage === true)
      : whole(found.events, head);
  };
}

type Head = { readonly id: string; readonly created: number; readonly model: string };
type Messages = z.output<typeof requestSchema>["messages"];

function toMessages(messages: Messages): { system: string; messages: ModelMessage[] } {
  const system: string[] = [];
  const rest: ModelMessage[] = [];
  const names = new Map<string, string>();
  for (const message of messages) {
    switch (message.role) {
      case "system":
      case "developer":
        system.push(plain(message.content));
        break;
      case "user":
        rest.push({ role: "user", content: [{ type: "text", text: plain(message.content) }] });
        break;
      case "assistant": {
        const said = plain(message.content ?? "");
        const calls = (message.tool_calls ?? []).map((call): ContentPart => {
          names.set(call.id, call.function.name);
          return {
            type: "toolCall",
            id: call.id,
            name: call.function.name,
            input: parseArguments(call.function.arguments),
          };
        });
        rest.push({
          role: "assistant",
          content: [...(said === "" ? [] : [{ type: "text" as const, text: said }]), ...calls],
        });
        break;
      }
      case "tool":
        rest.push({
          role: "tool",
          content: [
            {
              type: "toolResult",
              id: message.tool_call_id,
              name: names.get(message.tool_call_id) ?? "tool",
              output: plain(message.content),
              isError: false,
            },
          ],
        });
    }
  }
  return { system: system.join("\n\n"), messages: rest };
}

function plain(content: z.output<typeof text>): string {
  return (typeof content === "string" ? content : content.map((part) => part.text ?? "").join("\n")).toWellFormed();
}

function parseArguments(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

async function whole(events: AsyncIterable<ModelEvent>, head: Head): Promise<Response> {
  let content = "";
  const calls: unknown[] = [];
  for await (const event of events) {
    if (event.type === "text") content += event.text;
    else if (event.type === "toolCall") calls.push(toCall(event));
    else if (event.type === "error") return modelFailure(event);
    else if (event.type === "done") {
      const message = {
        role: "assistant",
        content: content === "" && calls.length > 0 ? null : content,
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
      };
      return Response.json({
        ...head,
        object: "chat.completion",
        choices: [{ index: 0, message, finish_reason: finish(event.stop) }],
        usage: toUsage(event.usage),
      });
    }
  }
  return failure(502, "The model ended without an answer.", "api_error");
}

function streamed(events: AsyncIterable<ModelEvent>, head: Head, includesUsage: boolean): Response {
  const encoder = new TextEncoder();
  const iterator = events[Symbol.asyncIterator]();
  let calls = 0;
  const chunk = (delta: object, finishReason: string | null = null) =>
    encode({ ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finishReason }] });
  const encode = (value: object) => encoder.encode(`data: ${JSON.stringify(value)}\n\n`);
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(chunk({ role: "assistant", content: "" })),
    async pull(controller) {
      for (;;) {
        const result = await iterator.next();
        if (result.done === true) return controller.close();
        const event = result.value;
        if (event.type === "text") return controller.enqueue(chunk({ content: event.text }));
        if (event.type === "toolCall")
          return controller.enqueue(chunk({ tool_calls: [{ index: calls++, ...toCall(event) }] }));
        if (event.type === "error") {
          controller.enqueue(encode({ error: { message: event.message, type: "api_error" } }));
          return controller.close();
        }
        if (event.type === "done") {
          controller.enqueue(chunk({}, finish(event.stop)));
          if (includesUsage)
            controller.enqueue(
              encode({ ...head, object: "chat.completion.chunk", choices: [], usage: toUsage(event.usage) }),
            );
          controller.enqueue(encoder.encode("data: [DONE]\n\n"));
          return controller.close();
        }
      }
    },
    cancel: () => void iterator.return?.(),
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" },
  });
}

function toCall(call: Extract<ContentPart, { type: "toolCall" }>) {
  return {
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: typeof call.input === "string" ? call.input : JSON.stringify(call.input) },
  };
}

function finish(stop: string): string {
  return stop === "toolCalls"
    ? "tool_calls"
    : stop === "length"
      ? "length"
      : stop === "filtered"
        ? "content_filter"
        : "stop";
}

function toUsage(usage: Usage) {
  const { inputTokens, outputTokens, cachedTokens } = usage;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

function modelFailure(event: Extract<ModelEvent, { type: "error" }>): Response {
  const status = event.reason === "timeout" ? 504 : event.retryable ? 503 : 502;
  const response = failure(status, event.message, "api_error");
  if (event.retryAfterMs !== undefined)
    response.headers.set("retry-after", String(Math.ceil(event.retryAfterMs / 1000)));
  return response;
}

function failure(status: number, message: string, type: string): Response {
  return Response.json({ error: { message, type } }, { status });
}
