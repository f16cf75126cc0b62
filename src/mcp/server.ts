import type { McpHttpHandler, McpServer, Prompt, Resource } from "@modelcontextprotocol/server";
import { checkInput } from "../core/check-input.ts";
import { AppError, describeError } from "../core/errors.ts";
import { loadPackage } from "../core/load-package.ts";
import type { Logger } from "../core/log.ts";
import type { Tool, ToolContext } from "../core/tool.ts";

/** A text to begin a conversation with; `{name}` in it stands for an argument. */
export interface McpPrompt {
  readonly name: string;
  readonly description: string;
  readonly text: string;
  readonly arguments: readonly { readonly name: string; readonly description: string }[];
}

export interface McpResource {
  readonly uri: string;
  readonly name: string;
  readonly description: string;
  readonly mimeType: string;
  readonly text: string;
}

export interface McpServerDeps {
  readonly version: string;
  readonly log: Logger;
  /** What callers may use. They are asked for nothing: give only what needs nobody's approval. */
  readonly tools: () => readonly Tool[];
  readonly context: (signal: AbortSignal) => ToolContext;
  readonly prompts: () => readonly McpPrompt[];
  readonly resources: () => readonly McpResource[];
}

export interface McpEndpoint {
  /** Answers one HTTP request of the streamable HTTP transport. Who calls must be known already. */
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

const maxBodyBytes = 1024 * 1024;

/** Parlance as an MCP server: tools, prompts and resources. Loaded with the first request. */
export function createMcpEndpoint(deps: McpServerDeps): McpEndpoint {
  let handler: Promise<McpHttpHandler> | undefined;

  async function open(): Promise<McpHttpHandler> {
    const sdk = await loadPackage("@modelcontextprotocol/server", () => import("@modelcontextprotocol/server"));
    return sdk.createMcpHandler(() => createServer(sdk, deps), {
      maxRequestBodySize: maxBodyBytes,
      onerror: (error) => deps.log.debug({ error: error.message }, "An MCP client made trouble."),
    });
  }

  return {
    async fetch(request) {
      return (await (handler ??= open())).fetch(request);
    },
    async close() {
      await (await handler)?.close();
    },
  };
}

type Sdk = typeof import("@modelcontextprotocol/server");

function createServer(sdk: Sdk, deps: McpServerDeps): McpServer {
  const { ProtocolError, ProtocolErrorCode } = sdk;
  const whole = new sdk.McpServer(
    { name: "parlance", version: deps.version },
    { capabilities: { tools: {}, prompts: {}, resources: {} } },
  );
  // Our schemas are plain JSON Schema: the handlers below take them as they are.
  const { server } = whole;
  const refuse = (message: string) => new ProtocolError(ProtocolErrorCode.InvalidParams, message);

  server.setRequestHandler("tools/list", () => ({ tools: deps.tools().map(formatTool) }));
  server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
    const tool = deps.tools().find(({ name }) => name === params.name);
    if (tool === undefined) throw refuse(`There is no tool "${params.name}".`);
    const text = (value: string) => [{ type: "text" as const, text: value }];
    const fault = checkInput(tool.inputSchema, params.arguments ?? {});
    if (fault !== undefined) return { isError: true, content: text(`The input is not valid: ${fault}`) };
    try {
      const signal = AbortSignal.any([mcpReq.signal, AbortSignal.timeout(tool.timeoutMs)]);
      const output = await tool.run(params.arguments ?? {}, deps.context(signal));
      return { content: text(output.text.slice(0, tool.maxOutputChars).toWellFormed()) };
    } catch (error) {
      if (!(error instanceof AppError))
        deps.log.error({ tool: tool.name, error: String(error) }, "A tool failed in an unexpected way.");
      const reason = error instanceof AppError ? describeError(error) : "The tool failed in an unexpected way.";
      return { isError: true, content: text(reason) };
    }
  });
  server.setRequestHandler("prompts/list", () => ({ prompts: deps.prompts().map(formatPrompt) }));
  server.setRequestHandler("prompts/get", ({ params }) => {
    const prompt = deps.prompts().find(({ name }) => name === params.name);
    if (prompt === undefined) throw refuse(`There is no prompt "${params.name}".`);
    const given = params.arguments ?? {};
    const missing = prompt.arguments.find(({ name }) => given[name] === undefined);
    if (missing !== undefined) throw refuse(`The prompt "${prompt.name}" needs "${missing.name}".`);
    const text = prompt.arguments.reduce(
      (filled, { name }) => filled.replaceAll(`{${name}}`, () => String(given[name])),
      prompt.text,
    );
    return { description: prompt.description, messages: [{ role: "user", content: { type: "text", text } }] };
  });
  server.setRequestHandler("resources/list", () => ({ resources: deps.resources().map(formatResource) }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: [] }));
  server.setRequestHandler("resources/read", ({ params: { uri } }) => {
    const resource = deps.resources().find((one) => one.uri === uri);
    if (resource === undefined) throw refuse(`There is no resource "${uri}".`);
    return { contents: [{ uri, mimeType: resource.mimeType, text: resource.text }] };
  });
  return whole;
}

function formatTool({ name, description, inputSchema, effect }: Tool) {
  return {
    name,
    description,
    inputSchema: { ...inputSchema, type: "object" as const },
    annotations: { readOnlyHint: effect === "read", destructiveHint: effect === "destroy" },
  };
}

function formatPrompt({ name, description, arguments: wanted }: McpPrompt): Prompt {
  return { name, description, arguments: wanted.map((argument) => ({ ...argument, required: true })) };
}

function formatResource({ text: _text, ...resource }: McpResource): Resource {
  return resource;
}
