import type { CallToolResult, Client, Tool as McpTool } from "@modelcontextprotocol/client";
import { AppError, describeError } from "../core/errors.ts";
import { loadPackage } from "../core/load-package.ts";
import type { Logger } from "../core/log.ts";
import type { Effect, ToolContext } from "../core/tool.ts";

/** An MCP server as configured: a program that is started, or an address. */
export interface McpServerOptions {
  readonly command?: readonly string[];
  /** Variables for the program, besides PATH, HOME and the like. */
  readonly env?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly token?: string;
  readonly effect?: Effect;
}

export type McpState =
  | { readonly kind: "connecting" }
  | { readonly kind: "up"; readonly server: string; readonly tools: readonly McpTool[] }
  /** `tools`: those it had until a moment ago; a call of one of them starts it again. */
  | { readonly kind: "down"; readonly reason: string; readonly tools?: readonly McpTool[] };

export interface McpConnection {
  readonly name: string;
  readonly options: McpServerOptions;
  state(): McpState;
  /** Does not wait for the next attempt where the connection is lost. Throws AppError: "aborted", "unreachable" (with retryAfterMs), "tool-failed". */
  call(tool: string, input: unknown, context: ToolContext): Promise<CallToolResult>;
  /** Ends the connection, and the program. Idempotent. */
  close(): Promise<void>;
}

const connectTimeoutMs = 30_000;
const callTimeoutMs = 120_000;
/** A call waits for so long for a server that is being started again. */
const revivalMs = 10_000;
const minPauseMs = 1_000;
const maxPauseMs = 60_000;
const maxTools = 200;
const maxMessageBytes = 4 * 1024 * 1024;
const maxErrorChars = 500;

/** Connects, and connects anew after a loss, with pauses that grow to a minute, until closed. */
export function openMcpConnection(
  name: string,
  options: McpServerOptions,
  deps: { readonly log: Logger; readonly version: string; readonly onChange: () => void },
): McpConnection {
  const stop = new AbortController();
  let state: McpState = { kind: "connecting" };
  let client: Client | undefined;
  let lastWords = "";
  let wake = new AbortController();
  /** Settles when the attempt to connect that runs, or the next one, is over. */
  let attempt = Promise.withResolvers<void>();

  function setState(next: McpState): void {
    const isNew = JSON.stringify(next) !== JSON.stringify(state);
    state = next;
    if (isNew) deps.onChange();
  }

  const running = run().catch((error: unknown) =>
    deps.log.error({ server: name, error: String(error) }, "An MCP connection ended in an unexpected way."),
  );

  async function run(): Promise<void> {
    let pauseMs = minPauseMs;
    while (!stop.signal.aborted) {
      try {
        const { lost } = await connect().finally(endAttempt);
        pauseMs = minPauseMs;
        await lost;
        if (stop.signal.aborted) break;
        setState({ kind: "down", reason: describeEnd(), ...(state.kind === "up" ? { tools: state.tools } : {}) });
      } catch (error) {
        if (stop.signal.aborted) break;
        setState({ kind: "down", reason: describeEnd(error) });
        if (error instanceof AppError && error.code === "package-missing") return;
      }
      deps.log.warn(
        { server: name, reason: state.kind === "down" ? state.reason : "", pauseMs },
        "An MCP server cannot be used; trying again.",
      );
      wake = new AbortController();
      await pause(pauseMs, AbortSignal.any([stop.signal, wake.signal]));
      pauseMs = Math.min(maxPauseMs, pauseMs * 2);
    }
  }

  function endAttempt(): void {
    attempt.resolve();
    attempt = Promise.withResolvers();
  }

  /** The connection, at once or as soon as the next attempt, which does not wait any longer, is over. */
  async function revive(signal: AbortSignal): Promise<Client | undefined> {
    if (client !== undefined || stop.signal.aborted) return client;
    wake.abort();
    const over = new AbortController();
    await Promise.race([attempt.promise, pause(revivalMs, AbortSignal.any([signal, stop.signal, over.signal]))]);
    over.abort();
    return client;
  }

  /** Resolves once connected and listed; `lost` does when the connection ends. */
  async function connect(): Promise<{ readonly lost: Promise<void> }> {
    const { Client: McpClient, StreamableHTTPClientTransport } = await loadPackage(
      "@modelcontextprotocol/client",
      () => import("@modelcontextprotocol/client"),
    );
    const fresh = new McpClient(
      { name: "parlance", version: deps.version },
      { capabilities: {}, versionNegotiation: { mode: options.url === undefined ? "legacy" : "auto" } },
    );
    const lost = Promise.withResolvers<void>();
    fresh.onclose = () => lost.resolve();
    fresh.onerror = (error) => deps.log.debug({ server: name, error: error.message }, "An MCP server made trouble.");
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(connectTimeoutMs)]);
    lastWords = "";
    const transport =
      options.url === undefined
        ? await createProgram()
        : new StreamableHTTPClientTransport(
            new URL(options.url),
            options.token === undefined
              ? {}
              : { requestInit: { headers: { authorization: `Bearer ${options.token}` } } },
          );
    try {
      await fresh.connect(transport, { signal });
      fresh.setNotificationHandler("notifications/tools/list_changed", () => void relist(fresh));
      await list(fresh, signal);
    } catch (error) {
      await fresh.close().catch(() => undefined);
      throw error;
    }
    client = fresh;
    // A server over HTTP is silent between calls: nothing tells that it is gone but the next call.
    return {
      lost: lost.promise.finally(() => {
        if (client === fresh) client = undefined;
      }),
    };
  }

  async function createProgram() {
    const { StdioClientTransport, getDefaultEnvironment } = await import("@modelcontextprotocol/client/stdio");
    const [command = "", ...args] = options.command ?? [];
    const transport = new StdioClientTransport({
      command,
      args,
      env: { ...getDefaultEnvironment(), ...options.env },
      stderr: "pipe",
      maxBufferSize: maxMessageBytes,
    });
    transport.stderr?.on(
      "data",
      (chunk: Buffer) => (lastWords = (lastWords + chunk.toString("utf8")).slice(-maxErrorChars)),
    );
    return transport;
  }

  async function list(from: Client, signal: AbortSignal): Promise<void> {
    const tools: McpTool[] = [];
    let cursor: string | undefined;
    do {
      const page = await from.listTools(cursor === undefined ? undefined : { cursor }, { signal });
      tools.push(...page.tools);
      cursor = page.nextCursor;
    } while (cursor !== undefined && tools.length < maxTools);
    setState({ kind: "up", server: from.getServerVersion()?.name ?? name, tools: tools.slice(0, maxTools) });
  }

  async function relist(from: Client): Promise<void> {
    await list(from, AbortSignal.any([stop.signal, AbortSignal.timeout(connectTimeoutMs)])).catch((error: unknown) =>
      deps.log.warn({ server: name, error: describeFailure(error) }, "An MCP server's tools could not be read anew."),
    );
  }

  /** What a program said last tells more than "connection closed". */
  function describeEnd(error?: unknown): string {
    const said = lastWords.trim().split("\n").at(-1)?.trim() ?? "";
    const what = error === undefined ? "it ended" : describeFailure(error);
    return said === "" ? what : `${what}; it said: ${said.slice(0, 200)}`;
  }

  return {
    name,
    options,
    state: () => state,
    async call(tool, input, context) {
      const current = await revive(context.signal);
      if (context.signal.aborted) throw new AppError("aborted", "The call was stopped.");
      if (current === undefined)
        throw new AppError("unreachable", `The MCP server "${name}" cannot be reached now.`, {
          hint: state.kind === "down" ? state.reason : "It is being connected.",
          retryAfterMs: 5_000,
        });
      try {
        return await current.callTool(
          {
            name: tool,
            arguments: input as Record<string, unknown>,
            _meta: { "parlance/idempotencyKey": context.idempotencyKey },
          },
          { signal: context.signal, timeout: callTimeoutMs },
        );
      } catch (error) {
        if (context.signal.aborted) throw new AppError("aborted", "The call was stopped.", { cause: error });
        // A server over HTTP that was started anew does not know our session: connect again.
        if (isLost(error)) void current.close().catch(() => undefined);
        throw new AppError("tool-failed", `The MCP server "${name}" did not answer: ${describeFailure(error)}`, {
          cause: error,
        });
      }
    },
    async close() {
      stop.abort();
      const open = client;
      client = undefined;
      await open?.close().catch(() => undefined);
      await running;
    },
  };
}

function isLost(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.constructor.name === "SdkHttpError");
}

function describeFailure(error: unknown): string {
  if (error instanceof AppError) return describeError(error);
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  if (code === "ENOENT") return "the program was not found";
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${cause}`.slice(0, 300);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    }
    signal.addEventListener("abort", finish, { once: true });
    if (signal.aborted) finish();
  });
}
