import { AppError } from "../../src/core/errors.ts";
import { callHttp, parseJson, refusal, streamHttp, type StreamedAnswer } from "../_shared/http.ts";
import { translateRefusal, type RpcError } from "./refusals.ts";

/** A daemon, and our account on it. */
export interface SignalApi {
  readonly rpcUrl: string;
  readonly account: string;
}

export interface RpcOptions {
  /** "send" for what people would see twice if it were made twice. */
  readonly effect: "send" | "read";
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Stands in for the JSON of the request: for files, streamed. */
  readonly body?: AsyncIterable<Uint8Array>;
}

const service = "signal-cli";

/** Calls a method for our account and resolves with its result. Throws AppError. */
export async function callRpc<T>(api: SignalApi, method: string, params: object, options: RpcOptions): Promise<T> {
  const { effect } = options;
  const answer = await callHttp(join(api.rpcUrl, "/api/v1/rpc"), {
    timeoutMs: 60_000,
    ...options,
    service,
    headers: { "content-type": "application/json" },
    body: options.body ?? formatRequest(api, method, params),
  });
  if (answer.status !== 200) throw describeStatus(answer, effect);
  const body = parseJson(answer.body) as { result?: T; error?: RpcError } | undefined;
  if (body?.error !== undefined && body.error !== null) throw translateRefusal(body.error, method, effect);
  if (body?.result !== undefined) return body.result;
  throw effect === "send"
    ? new AppError("send-uncertain", "signal-cli answered with something that is no answer.")
    : new AppError("unreachable", "signal-cli answered with something that is no answer.", { retryAfterMs: 5_000 });
}

/** As `callRpc`, for answers too large for memory. */
export function streamRpc<T>(
  api: SignalApi,
  method: string,
  params: object,
  signal: AbortSignal,
  read: (stream: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const call = {
    service,
    effect: "read",
    headers: { "content-type": "application/json" },
    body: formatRequest(api, method, params),
    signal,
    timeoutMs: 300_000,
  } as const;
  return streamHttp(join(api.rpcUrl, "/api/v1/rpc"), call, async (answer) => {
    if (answer.status !== 200) throw describeStatus(answer, "read");
    return read(answer.stream);
  });
}

/** Opens the stream of events of our account, from behind `lastEventId` where the daemon counts them. */
export function openEvents(
  api: SignalApi,
  lastEventId: string | undefined,
  signal: AbortSignal,
  read: (stream: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const url = join(api.rpcUrl, `/api/v1/events?account=${encodeURIComponent(api.account)}`);
  const headers = {
    accept: "text/event-stream",
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  };
  // Silence is watched by the reader; this is as long as a timer can be.
  const call = { service, effect: "read", method: "GET", headers, signal, timeoutMs: 2 ** 31 - 1 } as const;
  return streamHttp(url, call, async (answer) => {
    if (answer.status === 400) throw unknownAccount();
    if (answer.status !== 200) throw describeStatus(answer, "read");
    await read(answer.stream);
  });
}

export function formatRequest(api: SignalApi, method: string, params: object): string {
  return JSON.stringify({
    jsonrpc: "2.0",
    id: crypto.randomUUID(),
    method,
    params: { account: api.account, ...params },
  });
}

/** Throws AppError unless the daemon says that it is there; it does so at once, without asking Signal. */
export async function checkDaemon(rpcUrl: string, signal: AbortSignal, timeoutMs = 10_000): Promise<void> {
  const answer = await callHttp(join(rpcUrl, "/api/v1/check"), {
    service,
    effect: "read",
    method: "GET",
    signal,
    timeoutMs,
  });
  if (answer.status !== 200) throw describeStatus(answer, "read");
}

function describeStatus(answer: Pick<StreamedAnswer, "status" | "headers">, effect: "send" | "read"): AppError {
  if (answer.status !== 404) return refusal(answer, service, effect);
  return new AppError("not-found", "There is no signal-cli daemon at `rpcUrl`, or one older than 0.11.6.", {
    hint: "Start it with: signal-cli daemon --http=127.0.0.1:8080 --receive-mode=on-connection",
  });
}

function unknownAccount(): AppError {
  return new AppError("config-invalid", "signal-cli does not know this account.", {
    hint: "Register or link it, or correct `account`: signal-cli listAccounts shows what there is.",
  });
}

/** Keeps a path prefix of the address, which a proxy may have. */
function join(rpcUrl: string, path: string): string {
  return rpcUrl.replace(/\/+$/, "") + path;
}
