import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

interface ChatMessage {
  readonly role: string;
  readonly content?: string | ReadonlyArray<{ readonly text?: string }> | null;
}

export interface EchoModel {
  /** Ends in /v1. */
  readonly url: string;
  readonly requests: () => number;
  close(): Promise<void>;
}

/**
 * A model server that repeats what it was last told, after a short random time, and so proves which messages an
 * answer answers. A message that holds "tool:NAME:ID" is first answered by a call of that tool with {id: ID}; one that
 * holds "slowly" is answered in pieces over four seconds.
 */
export async function startEchoModel(options: {
  readonly minMs: number;
  readonly maxMs: number;
  /** Nothing is answered before this settles. */
  readonly hold?: Promise<void>;
}): Promise<EchoModel> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    readBody(request)
      .then(async (body) => {
        await options.hold;
        const delayMs = options.minMs + Math.random() * (options.maxMs - options.minMs);
        setTimeout(() => void answer(JSON.parse(body) as { messages: ChatMessage[] }, response), delayMs);
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer({ messages }: { messages: ChatMessage[] }, response: ServerResponse): Promise<void> {
  const asked = messages.findLastIndex((message) => message.role === "user");
  const said = textOf(messages[asked]);
  const hasResult = messages.slice(asked).some((message) => message.role === "tool");
  const [, tool, id] = /tool:(\w+):([\w-]+)/.exec(said) ?? [];
  const delta =
    tool !== undefined && !hasResult
      ? {
          tool_calls: [
            {
              index: 0,
              id: `call_${id}`,
              type: "function",
              function: { name: tool, arguments: JSON.stringify({ id }) },
            },
          ],
        }
      : { content: `I read: ${said}` };
  const chunk = (choice: object, usage?: object) =>
    `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "echo", choices: [choice], ...(usage === undefined ? {} : { usage }) })}\n\n`;
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(chunk({ index: 0, delta: { role: "assistant", ...delta }, finish_reason: null }));
  if (said.includes("slowly") && "content" in delta) {
    for (let n = 1; n <= 8; n += 1) {
      await sleep(500);
      const content = ` Piece ${n} of 8.`;
      response.write(chunk({ index: 0, delta: { content }, finish_reason: null }));
    }
  }
  response.end(
    `${chunk({ index: 0, delta: {}, finish_reason: "tool_calls" in delta ? "tool_calls" : "stop" }, { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 })}data: [DONE]\n\n`,
  );
}

function textOf(message: ChatMessage | undefined): string {
  const content = message?.content ?? "";
  return typeof content === "string" ? content : content.map((part) => part.text ?? "").join("\n");
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
