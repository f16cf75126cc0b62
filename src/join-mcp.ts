import { readFileSync } from "node:fs";
import type { Config } from "../config/schema.ts";
import type { Logger } from "./core/log.ts";
import type { Model, ModelEvent } from "./core/model.ts";
import type { Persona } from "./core/persona.ts";
import type { Tool, ToolContext } from "./core/tool.ts";
import { createMcpClients, type McpClients } from "./mcp/client.ts";
import { createMcpEndpoint, type McpEndpoint } from "./mcp/server.ts";
import { cleanInboundText } from "./safety/text.ts";

const askTimeoutMs = 300_000;
const maxQuestionChars = 20_000;

export type { McpClients };

/** Both sides of MCP: servers whose tools we use, and ourselves as a server. */
export interface JoinedMcp extends Pick<McpClients, "tools" | "states"> {
  configure(servers: Config["mcp"]): Promise<void>;
  readonly endpoint: Pick<McpEndpoint, "fetch">;
  close(): Promise<void>;
}

type Complete = (
  request: {
    readonly model: string;
    readonly system: string;
    readonly messages: Parameters<Model["stream"]>[0]["messages"];
    readonly tools: readonly [];
  },
  signal: AbortSignal,
) => { readonly events: AsyncIterable<ModelEvent> } | undefined;

/** Callers of our server hold the owner's token: they get what only looks, and may ask a persona. */
export function joinMcp(deps: {
  readonly log: Logger;
  readonly now: () => number;
  readonly createId: () => string;
  readonly ownTools: () => readonly Tool[];
  readonly personas: () => ReadonlyMap<string, Persona>;
  readonly complete: Complete;
}): JoinedMcp {
  const clients = openMcpClients(deps.log);
  const ask = createAsk(deps);

  function context(signal: AbortSignal): ToolContext {
    const id = deps.createId();
    return {
      conversation: "mcp/owner",
      address: { channel: "mcp", chat: "owner" },
      sender: { id: "mcp:owner", name: "MCP", isBot: false },
      turnId: id,
      idempotencyKey: id,
      signal,
      now: deps.now,
    };
  }

  const endpoint = createMcpEndpoint({
    version: readVersion(),
    log: deps.log,
    tools: () => [...deps.ownTools().filter(({ effect }) => effect === "read"), ask],
    context,
    prompts: () =>
      [...deps.personas().values()].map(({ name, description, instructions }) => ({
        name,
        description,
        text: `${instructions}\n\n{task}`,
        arguments: [{ name: "task", description: "What is to be done." }],
      })),
    resources: () =>
      [...deps.personas().values()].map(({ name, description, instructions }) => ({
        uri: `parlance://personas/${name}`,
        name,
        description,
        mimeType: "text/markdown",
        text: instructions,
      })),
  });

  return {
    tools: clients.tools,
    states: clients.states,
    configure: clients.configure,
    endpoint,
    close: async () => {
      await Promise.all([clients.close(), endpoint.close()]);
    },
  };
}

function createAsk(deps: { readonly personas: () => ReadonlyMap<string, Persona>; readonly complete: Complete }): Tool {
  return {
    name: "ask",
    description:
      "Asks one of Parlance's personas a question and gives its answer. It remembers nothing of earlier ones.",
    inputSchema: {
      type: "object",
      additionalProperties: false,
      required: ["question"],
      properties: {
        question: { type: "string", minLength: 1, maxLength: maxQuestionChars },
        persona: { type: "string", maxLength: 100, description: 'Such as "architect"; "general" when absent.' },
      },
    },
    effect: "read",
    keywords: [],
    timeoutMs: askTimeoutMs,
    maxOutputChars: 50_000,
    async run(input, { signal }) {
      const { question, persona = "general" } = input as { question: string; persona?: string };
      const answer = deps.complete(
        {
          model: `persona:${persona}`,
          system: "",
          messages: [{ role: "user", content: [{ type: "text", text: question }] }],
          tools: [],
        },
        signal,
      );
      if (answer === undefined)
        return {
          text: `There is no persona "${persona}". There are: ${[...deps.personas().keys()].join(", ")}.`,
          isOutside: false,
        };
      let text = "";
      for await (const event of answer.events) {
        if (event.type === "text") text += event.text;
        if (event.type === "error") return { text: `The model failed: ${event.message}`, isOutside: false };
      }
      return { text, isOutside: false };
    },
  };
}

/** MCP servers as sources of tools; nothing is connected yet. */
export function openMcpClients(log: Logger): McpClients {
  return createMcpClients({ log, version: readVersion(), cleanText: cleanInboundText });
}

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
