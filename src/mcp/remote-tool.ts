import type { CallToolResult, Tool as McpTool } from "@modelcontextprotocol/client";
import { AppError } from "../core/errors.ts";
import { formatToolName, pickKeywords } from "../core/outside-tool.ts";
import type { Effect, Tool, ToolContext } from "../core/tool.ts";

const maxDescriptionChars = 400;
const maxSchemaChars = 8_000;
const callTimeoutMs = 120_000;
const maxOutputChars = 20_000;

export interface RemoteToolOptions {
  /** The server's name in the configuration. */
  readonly server: string;
  /** What the operator says its tools do. */
  readonly effect: Effect | undefined;
  /** Takes out of text from outside what nobody can see. */
  readonly cleanText: (text: string) => string;
  readonly call: (name: string, input: unknown, context: ToolContext) => Promise<CallToolResult>;
}

/**
 * A tool of an MCP server as one of ours. Undefined: its schema is not one of an object, or too large for a prompt.
 * What a server says of its own tools is a claim: it can make a tool count as more harmful than "execute", never less;
 * only the operator's `effect` can. Everything it answers is text from outside.
 */
export function formatRemoteTool(tool: McpTool, options: RemoteToolOptions): Tool | undefined {
  const inputSchema = tool.inputSchema as Record<string, unknown>;
  if (inputSchema["type"] !== "object" || JSON.stringify(inputSchema).length > maxSchemaChars) return undefined;
  const claimed: Effect = tool.annotations?.destructiveHint === true ? "destroy" : "execute";
  const description = options.cleanText(tool.description ?? tool.title ?? tool.name);
  return {
    name: formatToolName(options.server, tool.name, "mcp"),
    description: `${options.server}: ${description}`
      .replaceAll(/\s+/g, " ")
      .slice(0, maxDescriptionChars)
      .toWellFormed(),
    inputSchema,
    effect: options.effect ?? claimed,
    keywords: pickKeywords([options.server, tool.name, tool.title ?? "", tool.description ?? ""]),
    timeoutMs: callTimeoutMs,
    maxOutputChars,
    describe: (input) =>
      `**${options.server}**, tool \`${tool.name}\`:\n\n\`\`\`json\n${JSON.stringify(input, undefined, 2)}\n\`\`\``,
    async run(input, context) {
      const result = await options.call(tool.name, input, context);
      const text = options.cleanText(formatContent(result));
      if (result.isError === true)
        throw new AppError("tool-failed", text === "" ? `${options.server} says that the call failed.` : text);
      return { text: text === "" ? "(It answered with nothing.)" : text, isOutside: true };
    },
  };
}

function formatContent({ content, structuredContent }: CallToolResult): string {
  const parts = content.map((part) => {
    switch (part.type) {
      case "text":
        return part.text;
      case "image":
      case "audio":
        return `[${part.type}, ${part.mimeType}, ${Math.floor((part.data.length * 3) / 4)} bytes]`;
      case "resource_link":
        return `[${part.name}](${part.uri})`;
      case "resource":
        return "text" in part.resource ? part.resource.text : `[${part.resource.uri}]`;
    }
  });
  if (parts.length === 0 && structuredContent !== undefined) return JSON.stringify(structuredContent);
  return parts.join("\n\n");
}
