import { AppError } from "../../src/core/errors.ts";

/**
 * The body of a request or response. Stops reading at the limit, whatever Content-Length said.
 * Throws AppError "too-large".
 */
export async function readBody(source: Request | Response, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): AppError => new AppError("too-large", `The body is larger than ${maxBytes} bytes.`);
  if (Number(source.headers.get("content-length") ?? 0) > maxBytes) {
    await source.body?.cancel().catch(() => undefined);
    throw tooLarge();
  }
  if (source.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop by a throw cancels the stream.
  for await (const chunk of source.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export interface CallOptions {
  /** What it is called in errors, such as "Telegram": the URL may hold a token and is never told. */
  readonly service: string;
  /**
   * "send": somebody will see it, so a call cut off behind the point where the request went out is "send-uncertain".
   * "read": it can be made again without harm.
   */
  readonly effect: "send" | "read";
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | FormData | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal;
  /** For the whole call, the reading of the answer included; default 30 s. */
  readonly timeoutMs?: number;
  /** Largest answer; default 4 MiB. */
  readonly maxBytes?: number;
  readonly redirect?: "follow" | "manual" | "error";
}

/** An answer of whatever status. */
export interface CallAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * Makes one HTTP call and reads the whole answer, whatever its status. Throws AppError: "unreachable" with retryAfterMs
 * when it certainly did not go out (or is a read), "send-uncertain" when a send may have arrived, "aborted", "too-large".
 */
export async function callHttp(url: string, options: CallOptions): Promise<CallAnswer> {
  const { service, effect, method = "POST", timeoutMs = 30_000, maxBytes = 4 * 1_048_576 } = options;
  if (options.signal?.aborted === true) throw new AppError("aborted", `The call to ${service} was not made.`);
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
  try {
    const response = await fetch(url, {
      method,
      signal,
      redirect: options.redirect ?? "error",
      ...(options.headers === undefined ? {} : { headers: options.headers }),
      ...(options.body === undefined ? {} : { body: options.body, duplex: "half" }),
    });
    return { status: response.status, headers: response.headers, body: await readBody(response, maxBytes) };
  } catch (error) {
    throw translateFailure(error, service, effect, options.signal);
  }
}

/**
 * Posts JSON and resolves with the parsed answer (undefined when it is empty). Throws what `callHttp` throws, and
 * what `refusal` says for a status beyond 2xx. `describe` picks the platform's own words out of a refusal's body.
 */
export async function postJson(
  url: string,
  json: unknown,
  options: Omit<CallOptions, "body" | "method"> & { readonly describe?: (body: unknown) => string | undefined },
): Promise<unknown> {
  const headers = { "content-type": "application/json", ...options.headers };
  const answer = await callHttp(url, { ...options, headers, body: JSON.stringify(json) });
  const body = parseJson(answer.body);
  if (answer.status < 200 || answer.status > 299) throw refusal(answer, options.service, options.effect, options.describe?.(body));
  return body;
}

/** JSON or undefined; never throws. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * What an answer beyond 2xx means. 429: "rate-limited" with the wait it asks for. 5xx: "unreachable", to be tried
 * again; but 504 says that a gateway lost the answer of a request it had passed on, so a send is "send-uncertain".
 * 4xx: for good.
 */
export function refusal(answer: Pick<CallAnswer, "status" | "headers">, service: string, effect: "send" | "read", detail?: string): AppError {
  const { status } = answer;
  const message = `${service} answered ${status}${detail === undefined ? "" : `: ${detail}`}.`;
  const retryAfterMs = parseRetryAfter(answer.headers.get("retry-after"), Date.now());
  if (status === 429) return new AppError("rate-limited", message, { retryAfterMs: retryAfterMs ?? 1_000 });
  if (status === 504 && effect === "send") return new AppError("send-uncertain", message);
  if (status >= 500 || status === 408) return new AppError("unreachable", message, { retryAfterMs: retryAfterMs ?? 1_000 });
  if (effect === "send") return new AppError("send-rejected", message);
  if (status === 401) return new AppError("unauthorised", message);
  if (status === 403) return new AppError("forbidden", message);
  return new AppError(status === 404 ? "not-found" : "bad-input", message);
}

/** Seconds or an HTTP date, in milliseconds from now; undefined when it is neither. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, Math.ceil(ms));
}

/** Failures in these steps come before the first byte of the request is written. */
const connectSyscalls = new Set(["connect", "getaddrinfo"]);
const connectCodes = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_INVALID_URL|ERR_TLS_.*|.*CERT.*)$/;

function translateFailure(error: unknown, service: string, effect: "send" | "read", signal: AbortSignal | undefined): AppError {
  if (error instanceof AppError && effect === "read") return error;
  const code = failureCode(error);
  if (code.isBeforeRequest) return new AppError("unreachable", `${service} cannot be reached (${code.name}).`, { retryAfterMs: 1_000 });
  if (effect === "send") return new AppError("send-uncertain", `The call to ${service} was cut off (${code.name}); it may have arrived.`);
  if (signal?.aborted === true) return new AppError("aborted", `The call to ${service} was aborted.`);
  return new AppError("unreachable", `The call to ${service} was cut off (${code.name}).`, { retryAfterMs: 1_000 });
}

/** fetch hides the reason in `cause`, sometimes as an AggregateError with one error per address that was tried. */
function failureCode(error: unknown): { name: string; isBeforeRequest: boolean } {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; depth += 1) {
    const code = "code" in current && typeof current.code === "string" ? current.code : undefined;
    const syscall = "syscall" in current && typeof current.syscall === "string" ? current.syscall : "";
    if (code !== undefined) return { name: code, isBeforeRequest: connectSyscalls.has(syscall) || connectCodes.test(code) };
    current = current instanceof AggregateError ? (current.errors[0] as unknown) : (current.cause ?? current.name);
    if (typeof current === "string") return { name: current, isBeforeRequest: false };
  }
  return { name: "unknown", isBeforeRequest: false };
}
