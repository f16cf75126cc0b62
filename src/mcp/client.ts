import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../core/log.ts";
import type { Tool } from "../core/tool.ts";
import { openMcpConnection, type McpConnection, type McpServerOptions, type McpState } from "./connection.ts";
import { formatRemoteTool } from "./remote-tool.ts";

export interface McpClients {
  /** Connects to these servers, and leaves the others. */
  configure(servers: Readonly<Record<string, McpServerOptions>>): Promise<void>;
  /** The tools of all servers that are connected now, or were a moment ago, under names of their own. */
  tools(): readonly Tool[];
  states(): readonly { readonly name: string; readonly state: McpState }[];
  close(): Promise<void>;
}

/** MCP servers as a source of tools. Nothing is loaded or started before a server is configured. */
export function createMcpClients(deps: {
  readonly log: Logger;
  readonly version: string;
  readonly cleanText: (text: string) => string;
}): McpClients {
  const connections = new Map<string, McpConnection>();
  let tools: readonly Tool[] | undefined;

  function collect(): readonly Tool[] {
    const taken = new Set<string>();
    return [...connections.values()].flatMap((connection) => {
      const state = connection.state();
      if (state.kind === "connecting" || state.tools === undefined) return [];
      return state.tools.flatMap((remote) => {
        const tool = formatRemoteTool(remote, {
          server: connection.name,
          effect: connection.options.effect,
          cleanText: deps.cleanText,
          call: connection.call,
        });
        if (tool === undefined || taken.has(tool.name)) {
          deps.log.warn(
            { server: connection.name, tool: remote.name },
            "An MCP tool was left out: its schema or name cannot be used.",
          );
          return [];
        }
        taken.add(tool.name);
        return [tool];
      });
    });
  }

  return {
    async configure(servers) {
      const gone = [...connections].filter(([name, { options }]) => !isDeepStrictEqual(servers[name], options));
      for (const [name] of gone) connections.delete(name);
      tools = undefined;
      await Promise.all(gone.map(([, connection]) => connection.close()));
      for (const [name, options] of Object.entries(servers)) {
        if (connections.has(name)) continue;
        const { log, version } = deps;
        connections.set(name, openMcpConnection(name, options, { log, version, onChange: () => (tools = undefined) }));
      }
    },
    tools: () => (tools ??= collect()),
    states: () => Array.from(connections, ([name, connection]) => ({ name, state: connection.state() })),
    async close() {
      await Promise.all([...connections.values()].map((connection) => connection.close()));
      connections.clear();
      tools = undefined;
    },
  };
}
