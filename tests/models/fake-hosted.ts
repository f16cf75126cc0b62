import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";

/** What was asked of a hosted provider's API. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

export interface FakeHosted {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** From now on: take requests and stay silent, or answer with this status. */
  set(
    mode:
      | "answer"
      | "hang"
      | {
          readonly status: number;
          readonly body?: string;
          readonly headers?: Record<string, string>;
        },
  ): void;
  close(): Promise<void>;
}

export type Wire = "openai" | "anthropic" | "google" | "bedrock";

/**
 * A loopback stand-in for a hosted provider, speaking its streaming format. Calls the tool "lookup" when tools are
 * offered and no result is there yet; says "Tea is hot." otherwise.
 */
export async function createFakeHosted(wire: Wire): Promise<FakeHosted> {
  const asked: Asked[] = [];
  let mode: Parameters<FakeHosted["set"]>[0] = "answer";
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString();
      const body = JSON.parse(text) as Record<string, unknown>;
      asked.push({ path: request.url ?? "", headers: request.headers, body });
      if (mode === "hang") return;
      if (typeof mode === "object") {
        response.writeHead(mode.status, { "content-type": "application/json", ...mode.headers });
        return response.end(mode.body ?? '{"error":{"message":"No.","type":"x"}}');
      }
      const hasTools = Array.isArray(body["tools"]) || body["toolConfig"] !== undefined;
      const hasResult = /tool_result|function_call_output|functionResponse|toolResult/.test(text);
      const chunks = formats[wire](hasTools && !hasResult);
      response.writeHead(200, {
        "content-type": wire === "bedrock" ? "application/vnd.amazon.eventstream" : "text/event-stream",
      });
      for (const chunk of chunks) response.write(chunk);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    set(next) {
      mode = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const sse = (...events: readonly object[]): string[] => events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
const named = (...events: readonly { readonly type: string }[]): string[] =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

const formats: Record<Wire, (callsTool: boolean) => readonly (string | Uint8Array)[]> = {
  openai: (callsTool) => {
    const response = {
      id: "resp_1",
      created_at: 1,
      model: "gpt-5.4-mini",
      object: "response",
      output: [],
    };
    const usage = {
      input_tokens: 200,
      input_tokens_details: { cached_tokens: 150 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 5 },
    };
    const reasoning = { type: "reasoning", id: "rs_1", encrypted_content: null, summary: [] };
    const thinking = [
      { type: "response.output_item.added", output_index: 0, item: reasoning },
      {
        type: "response.reasoning_summary_part.added",
        item_id: "rs_1",
        output_index: 0,
        summary_index: 0,
        part: { type: "summary_text", text: "" },
      },
      {
        type: "response.reasoning_summary_text.delta",
        item_id: "rs_1",
        output_index: 0,
        summary_index: 0,
        delta: "Thinking of tea.",
      },
      {
        type: "response.output_item.done",
        output_index: 0,
        item: {
          ...reasoning,
          encrypted_content: "sealed",
          summary: [{ type: "summary_text", text: "Thinking of tea." }],
        },
      },
    ];
    const call = {
      type: "function_call",
      id: "fc_1",
      call_id: "call_1",
      name: "lookup",
      arguments: "",
    };
    const message = {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "in_progress",
      content: [],
    };
    const said = callsTool
      ? [
          ...thinking,
          {
            type: "response.output_item.added",
            output_index: 1,
            item: { ...call, status: "in_progress" },
          },
          {
            type: "response.function_call_arguments.delta",
            item_id: "fc_1",
            output_index: 1,
            delta: '{"query":"tea"}',
          },
          {
            type: "response.output_item.done",
            output_index: 1,
            item: { ...call, arguments: '{"query":"tea"}', status: "completed" },
          },
        ]
      : [
          { type: "response.output_item.added", output_index: 0, item: message },
          {
            type: "response.output_text.delta",
            item_id: "msg_1",
            output_index: 0,
            content_index: 0,
            delta: "Tea ",
          },
          {
            type: "response.output_text.delta",
            item_id: "msg_1",
            output_index: 0,
            content_index: 0,
            delta: "is hot.",
          },
          {
            type: "response.output_item.done",
            output_index: 0,
            item: {
              ...message,
              status: "completed",
              content: [{ type: "output_text", text: "Tea is hot.", annotations: [] }],
            },
          },
        ];
    return sse({ type: "response.created", response }, ...said, {
      type: "response.completed",
      response: { ...response, usage },
    });
  },
  anthropic: (callsTool) => [
    ...named({
      type: "message_start",
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "claude-sonnet-4-5",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: {
          input_tokens: 40,
          cache_read_input_tokens: 150,
          cache_creation_input_tokens: 10,
          output_tokens: 1,
        },
      },
    } as { type: string }),
    ...(callsTool
      ? named(
          {
            type: "content_block_start",
            index: 0,
            content_block: { type: "thinking", thinking: "", signature: "" },
          } as { type: string },
          {
            type: "content_block_delta",
            index: 0,
            delta: { type: "thinking_delta", thinking: "Thinking of tea." },
          } as { type: string },
          {
            type: "content_block_delta",
            index: 0,
            delta: { type: "signature_delta", signature: "signed" },
          } as { type: string },
          { type: "content_block_stop", index: 0 } as { type: string },
          {
            type: "content_block_start",
            index: 1,
            content_block: { type: "tool_use", id: "toolu_1", name: "lookup", input: {} },
          } as { type: string },
          {
            type: "content_block_delta",
            index: 1,
            delta: { type: "input_json_delta", partial_json: '{"query":' },
          } as { type: string },
          {
            type: "content_block_delta",
            index: 1,
            delta: { type: "input_json_delta", partial_json: '"tea"}' },
          } as { type: string },
          { type: "content_block_stop", index: 1 } as { type: string },
        )
      : named(
          { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as {
            type: string;
          },
          {
            type: "content_block_delta",
            index: 0,
            delta: { type: "text_delta", text: "Tea " },
          } as { type: string },
          {
            type: "content_block_delta",
            index: 0,
            delta: { type: "text_delta", text: "is hot." },
          } as { type: string },
          { type: "content_block_stop", index: 0 } as { type: string },
        )),
    ...named(
      {
        type: "message_delta",
        delta: { stop_reason: callsTool ? "tool_use" : "end_turn", stop_sequence: null },
        usage: { output_tokens: 20 },
      } as { type: string },
      { type: "message_stop" },
    ),
  ],
  google: (callsTool) => {
    const usageMetadata = {
      promptTokenCount: 200,
      candidatesTokenCount: 20,
      totalTokenCount: 220,
      cachedContentTokenCount: 150,
    };
    const candidate = (parts: readonly object[], finishReason?: string): object => ({
      candidates: [{ content: { role: "model", parts }, ...(finishReason ? { finishReason } : {}), index: 0 }],
      usageMetadata,
    });
    return callsTool
      ? sse(
          candidate(
            [
              {
                functionCall: { name: "lookup", args: { query: "tea" } },
                thoughtSignature: "sealed",
              },
            ],
            "STOP",
          ),
        )
      : sse(candidate([{ text: "Tea " }]), candidate([{ text: "is hot." }], "STOP"));
  },
  bedrock: (callsTool) => {
    const usage = {
      inputTokens: 50,
      outputTokens: 20,
      totalTokens: 220,
      cacheReadInputTokens: 150,
      cacheWriteInputTokens: 0,
    };
    const said: [string, object][] = callsTool
      ? [
          [
            "contentBlockStart",
            {
              contentBlockIndex: 0,
              start: { toolUse: { toolUseId: "tooluse_1", name: "lookup" } },
            },
          ],
          ["contentBlockDelta", { contentBlockIndex: 0, delta: { toolUse: { input: '{"query":"tea"}' } } }],
          ["contentBlockStop", { contentBlockIndex: 0 }],
        ]
      : [
          ["contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Tea " } }],
          ["contentBlockDelta", { contentBlockIndex: 0, delta: { text: "is hot." } }],
          ["contentBlockStop", { contentBlockIndex: 0 }],
        ];
    const all: [string, object][] = [
      ["messageStart", { role: "assistant" }],
      ...said,
      ["messageStop", { stopReason: callsTool ? "tool_use" : "end_turn" }],
      ["metadata", { usage, metrics: { latencyMs: 1 } }],
    ];
    return all.map(([type, payload]) => awsEvent(type, payload));
  },
};

/** AWS event stream framing: lengths, CRC of them, headers of type string (7), payload, CRC of all. */
export function awsEvent(type: string, payload: object): Uint8Array {
  const header = (name: string, value: string): Buffer => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(Buffer.byteLength(value));
    return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, Buffer.from(value)]);
  };
  const headers = Buffer.concat([
    header(":event-type", type),
    header(":content-type", "application/json"),
    header(":message-type", "event"),
  ]);
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + headers.length + body.length, 0);
  prelude.writeUInt32BE(headers.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, headers, body]);
  const end = Buffer.alloc(4);
  end.writeUInt32BE(crc32(message));
  return Buffer.concat([message, end]);
}
