import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { AliasConfig } from "../../src/models/alias.ts";
import { awsEvent } from "./fake-hosted.ts";

/** What a model says, in the pieces in which it comes. `isOpen`: the stream stops before this part is closed. */
export type Part = { readonly isOpen?: boolean } & (
  | { readonly text: readonly string[] }
  | { readonly thought: readonly string[] }
  | { readonly call: string; readonly id: string; readonly args: readonly string[] }
);
export type Stop = "end" | "toolCalls" | "length" | "filtered";
export type Frame = string | Uint8Array;
/** 200 tokens in, 150 of them from the cache, 20 out. Absent stop: the stream has no end. "uncounted": no usage. */
export type Frames = (parts: readonly Part[], stop?: Stop, usage?: "uncounted") => readonly Frame[];

const sse = (event: object): string => `data: ${JSON.stringify(event)}\n\n`;
const named = (event: { readonly type: string; readonly [field: string]: unknown }): string =>
  `event: ${event.type}\n${sse(event)}`;

const chat: Frames = (parts, stop, usage) => {
  const chunk = (delta: object, reason: string | null = null) =>
    sse({
      id: "c",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta, finish_reason: reason }],
    });
  let calls = -1;
  const said = parts.flatMap((part) => {
    if ("text" in part) return part.text.map((content) => chunk({ content }));
    if ("thought" in part) return part.thought.map((piece) => chunk({ reasoning_content: piece }));
    calls += 1;
    const begun = { index: calls, id: part.id, type: "function", function: { name: part.call, arguments: "" } };
    return [
      chunk({ tool_calls: [begun] }),
      ...part.args.map((args) => chunk({ tool_calls: [{ index: calls, function: { arguments: args } }] })),
    ];
  });
  if (stop === undefined) return said;
  const reason = { end: "stop", toolCalls: "tool_calls", length: "length", filtered: "content_filter" }[stop];
  const counted = {
    prompt_tokens: 200,
    completion_tokens: 20,
    total_tokens: 220,
    prompt_tokens_details: { cached_tokens: 150 },
  };
  const end = { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [], usage: counted };
  return [...said, chunk({}, reason), ...(usage === undefined ? [sse(end)] : []), "data: [DONE]\n\n"];
};

const responses: Frames = (parts, stop, usage) => {
  const response = { id: "resp_1", created_at: 1, model: "gpt-5.4-mini", object: "response", output: [] };
  const said = parts.flatMap((part, index) => {
    const at = { output_index: index };
    const added = (item: object) => sse({ type: "response.output_item.added", ...at, item });
    const done = (item: object) => (part.isOpen ? [] : [sse({ type: "response.output_item.done", ...at, item })]);
    if ("text" in part) {
      const item = { type: "message", id: `msg_${index}`, role: "assistant", status: "in_progress", content: [] };
      const delta = { type: "response.output_text.delta", item_id: item.id, ...at, content_index: 0 };
      const content = [{ type: "output_text", text: part.text.join(""), annotations: [] }];
      return [
        added(item),
        ...part.text.map((piece) => sse({ ...delta, delta: piece })),
        ...done({ ...item, status: "completed", content }),
      ];
    }
    if ("thought" in part) {
      const item = { type: "reasoning", id: `rs_${index}`, encrypted_content: null, summary: [] };
      const place = { item_id: item.id, ...at, summary_index: 0 };
      const summary = [{ type: "summary_text", text: part.thought.join("") }];
      return [
        added(item),
        sse({ type: "response.reasoning_summary_part.added", ...place, part: { type: "summary_text", text: "" } }),
        ...part.thought.map((piece) => sse({ type: "response.reasoning_summary_text.delta", ...place, delta: piece })),
        ...done({ ...item, encrypted_content: "sealed", summary }),
      ];
    }
    const item = { type: "function_call", id: `fc_${index}`, call_id: part.id, name: part.call, arguments: "" };
    const delta = { type: "response.function_call_arguments.delta", item_id: item.id, ...at };
    return [
      added({ ...item, status: "in_progress" }),
      ...part.args.map((piece) => sse({ ...delta, delta: piece })),
      ...done({ ...item, arguments: part.args.join(""), status: "completed" }),
    ];
  });
  const begun = sse({ type: "response.created", response });
  if (stop === undefined) return [begun, ...said];
  const counted = {
    input_tokens: 200,
    input_tokens_details: { cached_tokens: 150 },
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: 5 },
  };
  const reason = { length: "max_output_tokens", filtered: "content_filter" }[stop as string];
  const end = {
    ...response,
    ...(usage === undefined ? { usage: counted } : {}),
    ...(reason === undefined ? {} : { incomplete_details: { reason } }),
  };
  return [
    begun,
    ...said,
    sse({ type: reason === undefined ? "response.completed" : "response.incomplete", response: end }),
  ];
};

const anthropic: Frames = (parts, stop) => {
  const counted = {
    input_tokens: 40,
    cache_read_input_tokens: 150,
    cache_creation_input_tokens: 10,
    output_tokens: 1,
  };
  const message = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-5",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: counted,
  };
  const said = parts.flatMap((part, index) => {
    const start = (block: object) => named({ type: "content_block_start", index, content_block: block });
    const delta = (piece: object) => named({ type: "content_block_delta", index, delta: piece });
    const close = part.isOpen ? [] : [named({ type: "content_block_stop", index })];
    if ("text" in part)
      return [
        start({ type: "text", text: "" }),
        ...part.text.map((text) => delta({ type: "text_delta", text })),
        ...close,
      ];
    if ("thought" in part)
      return [
        start({ type: "thinking", thinking: "", signature: "" }),
        ...part.thought.map((thinking) => delta({ type: "thinking_delta", thinking })),
        ...(part.isOpen ? [] : [delta({ type: "signature_delta", signature: "signed" })]),
        ...close,
      ];
    return [
      start({ type: "tool_use", id: part.id, name: part.call, input: {} }),
      ...part.args.map((args) => delta({ type: "input_json_delta", partial_json: args })),
      ...close,
    ];
  });
  const begun = named({ type: "message_start", message });
  if (stop === undefined) return [begun, ...said];
  const reason = { end: "end_turn", toolCalls: "tool_use", length: "max_tokens", filtered: "refusal" }[stop];
  return [
    begun,
    ...said,
    named({
      type: "message_delta",
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: 20 },
    }),
    named({ type: "message_stop" }),
  ];
};

/** Gemini's calls come whole, whatever their pieces. */
const google: Frames = (parts, stop, usage) => {
  const counted = {
    promptTokenCount: 200,
    candidatesTokenCount: 15,
    thoughtsTokenCount: 5,
    totalTokenCount: 220,
    cachedContentTokenCount: 150,
  };
  const candidate = (content: readonly object[], reason?: string) =>
    sse({
      candidates: [
        {
          content: { role: "model", parts: content },
          ...(reason === undefined ? {} : { finishReason: reason }),
          index: 0,
        },
      ],
      ...(usage === undefined ? { usageMetadata: counted } : {}),
    });
  const said = parts.flatMap((part) => {
    if ("text" in part) return part.text.map((text) => candidate([{ text }]));
    if ("thought" in part) return part.thought.map((text) => candidate([{ text, thought: true }]));
    const args = JSON.parse(part.args.join("")) as object;
    return [candidate([{ functionCall: { name: part.call, args }, thoughtSignature: "sealed" }])];
  });
  if (stop === undefined) return said;
  const reason = { end: "STOP", toolCalls: "STOP", length: "MAX_TOKENS", filtered: "SAFETY" }[stop];
  return [...said, candidate([], reason)];
};

const bedrock: Frames = (parts, stop, usage) => {
  const said = parts.flatMap((part, index): Frame[] => {
    const at = { contentBlockIndex: index };
    const delta = (piece: object) => awsEvent("contentBlockDelta", { ...at, delta: piece });
    const close = part.isOpen ? [] : [awsEvent("contentBlockStop", at)];
    if ("text" in part) return [...part.text.map((text) => delta({ text })), ...close];
    if ("thought" in part)
      return [
        ...part.thought.map((text) => delta({ reasoningContent: { text } })),
        ...(part.isOpen ? [] : [delta({ reasoningContent: { signature: "signed" } })]),
        ...close,
      ];
    const start = { toolUse: { toolUseId: part.id, name: part.call } };
    return [
      awsEvent("contentBlockStart", { ...at, start }),
      ...part.args.map((input) => delta({ toolUse: { input } })),
      ...close,
    ];
  });
  const begun = awsEvent("messageStart", { role: "assistant" });
  if (stop === undefined) return [begun, ...said];
  const reason = { end: "end_turn", toolCalls: "tool_use", length: "max_tokens", filtered: "guardrail_intervened" }[
    stop
  ];
  const counted = { inputTokens: 50, outputTokens: 20, totalTokens: 220, cacheReadInputTokens: 150 };
  return [
    begun,
    ...said,
    awsEvent("messageStop", { stopReason: reason }),
    ...(usage === undefined ? [awsEvent("metadata", { usage: counted, metrics: { latencyMs: 1 } })] : []),
  ];
};

/** Every provider, what it speaks, and an alias for it without an address. */
export const providers = {
  openai: { frames: responses, alias: { provider: "openai", model: "gpt-5.4-mini" } },
  azure: { frames: responses, alias: { provider: "azure", model: "our-deployment" } },
  anthropic: { frames: anthropic, alias: { provider: "anthropic", model: "claude-sonnet-4-5" } },
  google: { frames: google, alias: { provider: "google", model: "gemini-3.5-flash" } },
  bedrock: {
    frames: bedrock,
    alias: { provider: "bedrock", model: "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", region: "eu-central-1" },
  },
  "openai-compatible": { frames: chat, alias: { provider: "openai-compatible", model: "m" } },
} as const satisfies Record<string, { frames: Frames; alias: AliasConfig }>;

export interface WireServer {
  readonly url: string;
  /** Requests as they came. */
  readonly asked: readonly { readonly body: string; readonly headers: IncomingHttpHeaders; readonly path: string }[];
  /** Answers that somebody still waits for, and those that were hung up on. */
  readonly stats: { open: number; hungUp: number };
  answer(how: (response: ServerResponse, body: string) => void | Promise<void>): void;
  close(): Promise<void>;
}

/** A loopback server whose answers are made by the test. */
export async function createWireServer(): Promise<WireServer> {
  const asked: { body: string; headers: IncomingHttpHeaders; path: string }[] = [];
  const stats = { open: 0, hungUp: 0 };
  let how: (response: ServerResponse, body: string) => void | Promise<void> = (response) => void response.end();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString();
      asked.push({ body, headers: request.headers, path: request.url ?? "" });
      stats.open += 1;
      response.on("close", () => {
        stats.open -= 1;
        if (!response.writableFinished) stats.hungUp += 1;
      });
      void how(response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stats,
    answer: (next) => (how = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Writes frames as a stream, piece by piece. */
export async function stream(
  response: ServerResponse,
  frames: readonly Frame[],
  then: "ends" | "breaks" | "falls silent" = "ends",
): Promise<void> {
  const isBinary = frames.some((frame) => typeof frame !== "string");
  response.writeHead(200, {
    "content-type": isBinary ? "application/vnd.amazon.eventstream" : "text/event-stream",
  });
  for (const frame of frames) {
    if (response.destroyed) return;
    await new Promise<void>((resolve) => response.write(frame, () => resolve()));
  }
  if (then === "ends") response.end();
  else if (then === "breaks") setTimeout(() => response.destroy(), 10);
}
