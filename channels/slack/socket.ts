import type { SocketModeClient } from "@slack/socket-mode";
import { AppError, describeError, isAppError } from "../../src/core/errors.ts";
import { loadPackage } from "../../src/core/load-package.ts";
import type { Logger } from "../../src/core/log.ts";
import { sleepUntilAborted } from "../_shared/reconnect.ts";
import { translateRefusal } from "./errors.ts";

/** Its own type of options wants its own enum of log levels. */
type ClientClass = new (options: object) => SocketModeClient;

/** One delivery, acknowledged by `ack`, with an answer where the kind takes one. */
interface Delivery {
  readonly type: string;
  readonly body: unknown;
  readonly ack: (answer?: object) => Promise<void>;
}

export interface SocketOptions {
  readonly appToken: string;
  readonly slackApiUrl: string;
  readonly log: Logger;
  /** Resolves with the answer once it is stored; what it rejects is not acknowledged, and Slack delivers it again. */
  readonly handle: (type: string, body: unknown) => Promise<object | undefined>;
}

/** Slack changes connections every few hours; sooner than this it is a failure. */
const leastRefreshMs = 10_000;
const helloMs = 30_000;

/**
 * Listens by Socket Mode until the signal aborts or the connection is lost. Connections that Slack replaces by plan are
 * replaced at once. Throws AppError.
 */
export async function runSocket(options: SocketOptions, signal: AbortSignal, up: () => void): Promise<void> {
  const ClientClass = await loadClient();
  for (;;) {
    const since = performance.now();
    const end = await runConnection(createConnection(ClientClass, options, signal), signal, up);
    if (signal.aborted) return;
    if (end === "link_disabled")
      throw new AppError("forbidden", "Socket Mode was switched off for the Slack app.", {
        hint: 'Switch it on under "Socket Mode" in the app\'s settings.',
        retryAfterMs: 60_000,
      });
    const isPlanned = end === "warning" || end === "refresh_requested";
    if (!isPlanned || performance.now() - since < leastRefreshMs)
      throw new AppError("unreachable", "The connection to Slack was closed.", { retryAfterMs: 0 });
  }
}

/** The part of Bolt that we use: all of it would cost 8 MB and 100 ms more. */
async function loadClient(): Promise<ClientClass> {
  return (await loadPackage("@slack/socket-mode", () => import("@slack/socket-mode"))).SocketModeClient as ClientClass;
}

/** Why Slack has closed the connection, where it said so. */
type End = string | undefined;

async function runConnection(connection: Connection, signal: AbortSignal, up: () => void): Promise<End> {
  try {
    await connection.open();
    up();
    await connection.ended;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await connection.close();
  }
  return connection.reason();
}

interface Connection {
  /** Resolves when Slack has said hello. Throws AppError. */
  open(): Promise<void>;
  /** Resolves when the connection is gone, or the signal aborts. */
  readonly ended: Promise<void>;
  reason(): End;
  /** Says goodbye, and does not wait long for the answer. */
  close(): Promise<void>;
}

/** One SocketModeClient for one connection: its own reconnecting waits without jitter and repeats a hundred times. */
function createConnection(ClientClass: ClientClass, options: SocketOptions, signal: AbortSignal): Connection {
  const closing = new AbortController();
  const either = AbortSignal.any([signal, closing.signal]);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let reason: End;
  signal.addEventListener("abort", () => end(), { once: true, signal: closing.signal });
  const client = new ClientClass({
    appToken: options.appToken,
    autoReconnectEnabled: false,
    logger: silentLogger,
    clientOptions: {
      slackApiUrl: withSlash(options.slackApiUrl),
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      fetch: (url: string, init: RequestInit) => fetch(url, { ...init, signal: either }),
    },
  });
  guardFrames(client, options.log, (told) => (reason = told));
  client.on("slack_event", (delivery: Delivery) => void deliver(delivery, options));
  client.on("disconnected", () => end());
  client.on("error", () => undefined);

  return {
    ended,
    reason: () => reason,
    async open() {
      const started = client.start().catch((error: unknown) => {
        throw translateFailure(error);
      });
      const late = sleepUntilAborted(helloMs, either).then(() => {
        throw new AppError("unreachable", "Slack does not open the connection.", { retryAfterMs: 1_000 });
      });
      await Promise.race([started, late]);
    },
    async close() {
      closing.abort();
      await Promise.race([client.disconnect(), sleepUntilAborted(1_000, new AbortController().signal)]);
      // A second call makes the client let go of a peer that does not answer.
      if (client.websocket?.readyState !== undefined) void client.disconnect();
    },
  };
}

/**
 * The client rejects a promise that nobody holds when a frame is not as it expects, which would end the process: such
 * frames never reach it.
 */
function guardFrames(client: SocketModeClient, log: Logger, tellReason: (reason: string) => void): void {
  const emit = client.emit.bind(client);
  client.emit = (event, ...values: unknown[]) => {
    if (event !== "ws_message") return emit(event, ...values);
    const frame = parseFrame(values[0]);
    if (frame === undefined) {
      log.debug({}, "Slack sent a frame that cannot be read");
      return false;
    }
    if (frame.type === "disconnect") tellReason(frame.reason ?? "disconnect");
    if (frame.type === "hello" && (frame.num_connections ?? 1) > 1)
      log.warn(
        { connections: frame.num_connections },
        "Somebody else listens with this app too: Slack gives each message to only one of the connections",
      );
    return emit(event, ...values);
  };
}

async function deliver({ type, body, ack }: Delivery, { handle, log }: SocketOptions): Promise<void> {
  try {
    const answer = await handle(type, body);
    await ack(answer);
  } catch (error) {
    log.debug({ type, reason: describeError(error) }, "A delivery of Slack's was not acknowledged");
  }
}

interface Frame {
  readonly type: string;
  readonly reason?: string;
  readonly num_connections?: number;
}

function parseFrame(data: unknown): Frame | undefined {
  try {
    const frame = JSON.parse(String(data)) as { type?: unknown; payload?: { event?: { type?: unknown } } } | null;
    if (typeof frame?.type !== "string") return undefined;
    if (frame.type === "events_api" && typeof frame.payload?.event?.type !== "string") return undefined;
    return frame as Frame;
  } catch {
    return undefined;
  }
}

/** Foreign errors by their fields: their words may hold addresses with tickets. */
function translateFailure(error: unknown): AppError {
  if (isAppError(error)) return error;
  const { code, data, retryAfter } = (error ?? {}) as {
    readonly code?: string;
    readonly data?: { readonly error?: string; readonly needed?: string };
    readonly retryAfter?: number;
  };
  if (data?.error !== undefined) return translateRefusal("apps.connections.open", data, "read");
  if (retryAfter !== undefined)
    return new AppError("rate-limited", "Slack asks to wait before connecting.", { retryAfterMs: retryAfter * 1_000 });
  return new AppError("unreachable", `Slack cannot be reached (${code ?? "connection failed"}).`, {
    retryAfterMs: 1_000,
  });
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}

/** The client's words hold messages and addresses; what matters of them is told by `runSocket`. */
const silentLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => "error",
  setName: () => undefined,
};
