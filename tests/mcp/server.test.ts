import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { getRequestListener } from "@hono/node-server";
import { afterEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createMcpClients, type McpClients } from "../../src/mcp/client.ts";
import { createMcpEndpoint, type McpEndpoint, type McpServerDeps } from "../../src/mcp/server.ts";
import { createToolContext } from "../contracts/tool.ts";

const conformance = fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js"));

function createTool(name: string, run: Tool["run"], inputSchema: Record<string, unknown> = { type: "object" }): Tool {
  return {
    name,
    description: `A tool for tests: ${name}.`,
    inputSchema,
    effect: "read",
    keywords: [],
    timeoutMs: 5_000,
    maxOutputChars: 1_000,
    run,
  };
}

/** The names and answers that the conformance suite asks every server for. */
const tools: readonly Tool[] = [
  createTool("test_simple_text", async () => ({
    text: "This is a simple text response for testing.",
    isOutside: false,
  })),
  createTool("test_error_handling", async () => {
    throw new AppError("tool-failed", "This tool intentionally returns an error for testing");
  }),
  createTool("json_schema_2020_12_tool", async () => ({ text: "done", isOutside: false }), {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    $defs: { address: { type: "object", properties: { street: { type: "string" }, city: { type: "string" } } } },
    properties: { name: { type: "string" }, address: { $ref: "#/$defs/address" } },
    additionalProperties: false,
  }),
  createTool("crash", async () => Promise.reject(new Error("a bug with a secret in it"))),
  createTool("long", async () => ({ text: "x".repeat(5_000), isOutside: false })),
];

let endpoint: McpEndpoint;
let clients: McpClients | undefined;
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await clients?.close();
  clients = undefined;
  await endpoint.close();
  for (const close of closing.splice(0)) await close();
});

async function serve(change: Partial<McpServerDeps> = {}): Promise<string> {
  endpoint = createMcpEndpoint({
    version: "1.2.3",
    log: silentLogger,
    tools: () => tools,
    context: (signal) => createToolContext({ signal }),
    prompts: () => [
      {
        name: "test_simple_prompt",
        description: "Simple.",
        text: "This is a simple prompt for testing.",
        arguments: [],
      },
      {
        name: "test_prompt_with_arguments",
        description: "With arguments.",
        text: "Prompt with arguments: arg1='{arg1}', arg2='{arg2}'",
        arguments: [
          { name: "arg1", description: "The first." },
          { name: "arg2", description: "The second." },
        ],
      },
    ],
    resources: () => [
      {
        uri: "test://static-text",
        name: "text",
        description: "A text.",
        mimeType: "text/plain",
        text: "This is the content of the static text resource.",
      },
    ],
    ...change,
  });
  const server = createServer(
    getRequestListener((request) => endpoint.fetch(request), { overrideGlobalObjects: false }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

describe("the MCP server", () => {
  it.each([
    "server-initialize",
    "ping",
    "tools-list",
    "tools-call-simple-text",
    "tools-call-error",
    "json-schema-2020-12",
    "resources-list",
    "resources-read-text",
    "prompts-list",
    "prompts-get-simple",
    "prompts-get-with-args",
  ])("passes the official conformance scenario %s", async (scenario) => {
    const url = await serve();
    const args = [conformance, "server", "--url", url, "--scenario", scenario];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: "/tmp" });
    expect(stdout).toMatch(/Passed: [1-9]\d*\/\d+, 0 failed/);
  });

  async function connect(url: string) {
    clients = createMcpClients({ log: silentLogger, version: "0", cleanText: (text) => text });
    await clients.configure({ own: { url } });
    await vi.waitFor(() => expect(clients?.states()[0]?.state.kind).toBe("up"), 10_000);
    return (name: string, input: unknown = {}) =>
      clients
        ?.tools()
        .find((tool) => tool.name === `own_${name}`)
        ?.run(input, createToolContext());
  }

  it("is understood by our own client, over the newest protocol", async () => {
    const call = await connect(await serve());
    expect(await call("test_simple_text")).toMatchObject({ text: "This is a simple text response for testing." });
    expect((await call("long"))?.text).toHaveLength(1_000);
  });

  it("checks input, hides bugs, and goes on", async () => {
    const call = await connect(await serve());
    await expect(call("json_schema_2020_12_tool", { other: 1 })).rejects.toThrow("not valid");
    await expect(call("crash")).rejects.toThrow(/^The tool failed in an unexpected way\.$/);
    await expect(call("test_error_handling")).rejects.toThrow("intentionally returns an error");
    expect(await call("test_simple_text")).toBeDefined();
  });

  it("refuses a body that is too large", async () => {
    const url = await serve();
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", params: { x: "y".repeat(2 * 1024 * 1024) } }),
    });
    expect(response.status).toBe(413);
  });
});
