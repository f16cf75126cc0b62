import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";

/*
 * A loopback server that speaks OpenAI's /v1/chat/completions (streaming only) as Ollama, vLLM and llama.cpp do.
 * Very cheap per request, so that benches measure us and not it: answers are prepared bytes and the body is only
 * parsed when the mode needs it. In-process by createFakeOpenAi(), as a child process by
 *     node tests/doubles/fake-openai.ts --port 0 [--mode echo]
 * which prints its port on a line of its own and stops on SIGTERM. Steered from outside by
 *     POST /control {"mode": …, other options}   GET /stats -> FakeOpenAiStats
 * In a request, a model name such as "mode:hang" chooses the mode for that request alone.
 */

export type FakeOpenAiMode =
  | "text" // says `text` in `chunks` pieces
  | "echo" // quotes the last user message; "!call <tool> <json>" in it makes a tool call, a tool result is quoted
  | "tool" // calls `toolName` with `toolInput`, whatever was said; says `text` once the result is there
  | "garbled-tool" // a tool call whose arguments are no JSON
  | "think" // <think>…</think> in the content, cut across chunks
  | "reasoning" // thoughts in reasoning_content
  | "no-usage"
  | "garbage" // chunks that are no JSON
  | "rate-limit" // 429 with Retry-After
  | "unauthorised" // 401 which repeats the key, as some servers do
  | "too-long" // 400 context_length_exceeded
  | "error" // 500
  | "hang" // accepts and never answers
  | "stall" // one piece, then silence
  | "cut" // one piece, then the connection breaks
  | "unfinished" // ends properly but without finish_reason
  | "working" // ten comments, `delayMs` apart, before the answer
  | "slow"; // `delayMs` before each piece

export interface FakeOpenAiOptions {
  readonly port?: number;
  readonly mode?: FakeOpenAiMode;
  readonly text?: string;
  readonly chunks?: number;
  readonly delayMs?: number;
  readonly retryAfter?: string;
  readonly toolName?: string;
  readonly toolInput?: string;
}

export interface FakeOpenAiStats {
  requests: number;
  open: number;
  aborted: number;
  lastBodyBytes: number;
}

export interface FakeOpenAi {
  /** Ends in /v1. */
  readonly url: string;
  readonly port: number;
  readonly stats: FakeOpenAiStats;
  /** The latest request as it came, parsed on demand. */
  lastBody(): unknown;
  lastHeaders(): IncomingMessage["headers"];
  /** Connections ever made to it. */
  connections(): number;
  set(options: Omit<FakeOpenAiOptions, "port">): void;
  close(): Promise<void>;
}

interface ChatBody {
  readonly model?: string;
  readonly messages?: readonly {
    readonly role: string;
    readonly content?: string | readonly { readonly type: string; readonly text?: string }[] | null;
  }[];
}

const head =
  'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"fake","choices":[{"index":0,"delta":';
const usageChunk =
  'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"fake","choices":[],"usage":{"prompt_tokens":120,"completion_tokens":12,"total_tokens":132,"prompt_tokens_details":{"cached_tokens":100}}}\n\n';
const end = "data: [DONE]\n\n";
const streamHeaders = { "content-type": "text/event-stream" };

const delta = (value: object): string => `${head}${JSON.stringify(value)},"finish_reason":null}]}\n\n`;
const finish = (reason: string): string => `${head}{},"finish_reason":"${reason}"}]}\n\n`;
const toolDelta = (id: string, name: string, args: string): string =>
  delta({
    tool_calls: [{ index: 0, id, type: "function", function: { name, arguments: args.slice(0, 5) } }],
  }) + delta({ tool_calls: [{ index: 0, function: { arguments: args.slice(5) } }] });

function splitText(text: string, pieces: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / Math.max(1, pieces)));
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += size) parts.push(text.slice(at, at + size));
  return parts;
}

function textOf(content: NonNullable<ChatBody["messages"]>[number]["content"]): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text ?? "").join("");
}

/** Listens on 127.0.0.1; port 0 (the default) picks a free one. */
export async function createFakeOpenAi(initial: FakeOpenAiOptions = {}): Promise<FakeOpenAi> {
  let options: FakeOpenAiOptions = initial;
  let ready = prepare(options);
  let body: Buffer = Buffer.alloc(0);
  let headers: IncomingMessage["headers"] = {};
  let calls = 0;
  let connections = 0;
  const stats: FakeOpenAiStats = { requests: 0, open: 0, aborted: 0, lastBodyBytes: 0 };

  function set(change: Omit<FakeOpenAiOptions, "port">): void {
    options = { ...options, ...change };
    ready = prepare(options);
  }

  const server = createServer({ keepAlive: true, keepAliveTimeout: 60_000 }, (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const received = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
      if (request.url === "/control") {
        set(JSON.parse(received.toString()) as FakeOpenAiOptions);
        response.end("{}");
      } else if (request.url === "/stats") response.end(JSON.stringify(stats));
      else if (request.url === "/api/tags")
        response.end(JSON.stringify({ models: [{ name: "fake:1b", details: { family: "fake" } }] }));
      else if (request.url === "/v1/models") response.end(JSON.stringify({ object: "list", data: [{ id: "fake" }] }));
      else chat(received, request, response);
    });
  });

  function chat(received: Buffer, request: IncomingMessage, response: ServerResponse): void {
    stats.requests += 1;
    stats.open += 1;
    stats.lastBodyBytes = received.byteLength;
    body = received;
    headers = request.headers;
    response.on("close", () => {
      stats.open -= 1;
      if (!response.writableFinished) stats.aborted += 1;
    });
    const forced = /"model":"mode:([a-z-]+)"/.exec(received.subarray(0, 200).toString("latin1"))?.[1];
    const mode = (forced ?? options.mode ?? "text") as FakeOpenAiMode;
    if (mode === "text") {
      response.writeHead(200, streamHeaders);
      response.end(ready);
    } else void answer(mode, received, response);
  }

  async function answer(mode: FakeOpenAiMode, received: Buffer, response: ServerResponse): Promise<void> {
    const text = options.text ?? "Hello from the fake.";
    const pieces = splitText(text, options.chunks ?? 4);
    const stream = (...chunks: string[]): void => {
      response.writeHead(200, streamHeaders);
      for (const chunk of chunks) response.write(chunk);
      response.end();
    };
    const refuse = (status: number, error: object, more: Record<string, string> = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...more });
      response.end(JSON.stringify({ error }));
    };
    switch (mode) {
      case "echo":
      case "tool": {
        const messages = (JSON.parse(received.toString()) as ChatBody).messages ?? [];
        const last = messages.at(-1);
        const user = textOf(messages.findLast((message) => message.role === "user")?.content);
        const call =
          mode === "tool"
            ? ["", options.toolName ?? "lookup", options.toolInput ?? '{"query":"tea"}']
            : /!call (\w+) (\{.*\})/s.exec(user);
        if (last?.role === "tool" && mode === "echo")
          return stream(
            ...splitText(`Result: ${textOf(last.content)}`, 4).map((content) => delta({ content })),
            finish("stop"),
            usageChunk,
            end,
          );
        if (call && last?.role !== "tool") {
          calls += 1;
          return stream(
            toolDelta(`call_${calls}`, call[1] ?? "", call[2] ?? ""),
            finish("tool_calls"),
            usageChunk,
            end,
          );
        }
        if (mode === "tool")
          return stream(...pieces.map((content) => delta({ content })), finish("stop"), usageChunk, end);
        return stream(
          ...splitText(`You said: ${user}`, options.chunks ?? 4).map((content) => delta({ content })),
          finish("stop"),
          usageChunk,
          end,
        );
      }
      case "garbled-tool":
        return stream(
          toolDelta("call_g", options.toolName ?? "lookup", '{"query": tea'),
          finish("tool_calls"),
          usageChunk,
          end,
        );
      case "think":
        return stream(
          ...splitText(`<think>\nsecret plan\n</think>\n\n${text}`, 9).map((content) => delta({ content })),
          finish("stop"),
          usageChunk,
          end,
        );
      case "reasoning":
        return stream(
          delta({ reasoning_content: "secret " }),
          delta({ reasoning_content: "plan" }),
          ...pieces.map((content) => delta({ content })),
          finish("stop"),
          usageChunk,
          end,
        );
      case "no-usage":
        return stream(...pieces.map((content) => delta({ content })), finish("stop"), end);
      case "unfinished":
        return stream(delta({ content: pieces[0] ?? "" }));
      case "garbage":
        return stream("data: {not json\n\n", "data: ]]\n\n", end);
      case "rate-limit":
        return refuse(
          429,
          { message: "Slow down", type: "rate_limit_error" },
          { "retry-after": options.retryAfter ?? "7" },
        );
      case "unauthorised":
        return refuse(401, {
          message: `Incorrect API key provided: ${/"?Bearer (\S+)/.exec(headers.authorization ?? "")?.[1] ?? "none"}`,
          type: "invalid_request_error",
        });
      case "too-long":
        return refuse(400, {
          message: "This model's maximum context length is 8192 tokens.",
          code: "context_length_exceeded",
        });
      case "error":
        return refuse(500, { message: "Internal error", type: "server_error" });
      case "hang":
        return;
      case "stall":
      case "cut":
        response.writeHead(200, streamHeaders);
        response.write(delta({ content: pieces[0] ?? "" }), () => {
          if (mode === "cut") setTimeout(() => response.destroy(), 20);
        });
        return;
      case "working":
        response.writeHead(200, streamHeaders);
        for (let count = 0; count < 10; count++) {
          await new Promise((resolve) => setTimeout(resolve, options.delayMs ?? 20));
          response.write(": still working\n\n");
        }
        response.end(ready);
        return;
      case "slow":
        response.writeHead(200, streamHeaders);
        for (const content of pieces) {
          await new Promise((resolve) => setTimeout(resolve, options.delayMs ?? 20));
          if (response.destroyed) return;
          response.write(delta({ content }));
        }
        response.end(finish("stop") + usageChunk + end);
        return;
      case "text":
        response.writeHead(200, streamHeaders);
        response.end(ready);
    }
  }

  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(initial.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    stats,
    lastBody: () => JSON.parse(body.toString()) as unknown,
    lastHeaders: () => headers,
    connections: () => connections,
    set,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function prepare(options: FakeOpenAiOptions): Buffer {
  const pieces = splitText(options.text ?? "Hello from the fake.", options.chunks ?? 4);
  return Buffer.from([...pieces.map((content) => delta({ content })), finish("stop"), usageChunk, end].join(""));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const argument = (name: string): string | undefined => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const fake = await createFakeOpenAi({
    port: Number(argument("port") ?? 0),
    mode: (argument("mode") ?? "text") as FakeOpenAiMode,
    chunks: Number(argument("chunks") ?? 4),
  });
  process.stdout.write(`${fake.port}\n`);
  process.once("SIGTERM", () => void fake.close());
}
