import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { silentLogger } from "../core/log.ts";
import { openMcpClients, type McpClients } from "../join-mcp.ts";
import { commonOptions, commonUsage, loadConfigOf, pickAction } from "./options.ts";
import { formatTable, paint, plain, printJson, printLine } from "./print.ts";
import { serveMcp } from "./mcp/serve.ts";

const patienceMs = 35_000;

/** MCP servers that Parlance uses, and Parlance as one of them. */
export const mcp: CliCommand = {
  summary: "Lists the MCP servers and their tools; serves the running Parlance to an MCP client over stdio.",
  usage: `mcp list   connects to the configured servers and shows their tools
  parlance mcp serve  for the settings of an MCP client: command "parlance", arguments "mcp serve".
                      Over HTTP the same is at <address>/mcp, with the header authorization: Bearer <http.token>

${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: commonOptions, allowPositionals: true });
    const action = pickAction(positionals[0], ["list", "serve"], "list");
    const loaded = await loadConfigOf(values);
    if (action === "serve") return serveMcp(loaded);
    const names = Object.keys(loaded.config.mcp);
    if (names.length === 0) {
      if (values.json) printJson([]);
      else printLine("No MCP server is configured. They stand under `mcp` in parlance.yaml.");
      return 0;
    }
    const clients = openMcpClients(silentLogger);
    try {
      await clients.configure(loaded.config.mcp);
      await waitUntilSettled(clients);
      const shown = clients.states().map(({ name, state }) => ({
        name,
        state: state.kind,
        ...(state.kind === "down" ? { reason: state.reason } : {}),
        tools: clients
          .tools()
          .filter((tool) => state.kind === "up" && state.tools.length > 0 && tool.description.startsWith(`${name}: `))
          .map((tool) => ({ name: tool.name, effect: tool.effect, description: tool.description })),
      }));
      if (values.json) printJson(shown);
      else for (const server of shown) printServer(server);
      return shown.every(({ state }) => state === "up") ? 0 : 1;
    } finally {
      await clients.close();
    }
  },
};

function printServer(server: {
  readonly name: string;
  readonly state: string;
  readonly reason?: string;
  readonly tools: readonly { readonly name: string; readonly effect: string; readonly description: string }[];
}): void {
  const mark = server.state === "up" ? paint("green", "✔") : paint("red", "✘");
  printLine(`${mark} ${paint("bold", server.name)}${server.reason === undefined ? "" : `: ${plain(server.reason)}`}`);
  if (server.tools.length > 0)
    printLine(
      formatTable(
        ["TOOL", "EFFECT", "WHAT FOR"],
        server.tools.map(({ name, effect, description }) => [name, effect, plain(description)]),
      ),
    );
}

async function waitUntilSettled(clients: McpClients): Promise<void> {
  const until = Date.now() + patienceMs;
  while (clients.states().some(({ state }) => state.kind === "connecting")) {
    if (Date.now() > until) throw new AppError("timeout", "A server takes too long to connect.");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
