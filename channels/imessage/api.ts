import { AppError } from "../../src/core/errors.ts";
import { callHttp, parseJson, refusal, streamHttp, type StreamedAnswer } from "../_shared/http.ts";
import type { BlueMessage } from "./message.ts";
import { describeSendError } from "./sent-log.ts";

/** A BlueBubbles server. */
export interface BlueApi {
  readonly serverUrl: string;
  readonly password: string;
}

export interface BlueCall {
  /** "send" for what people would see twice if it were made twice. */
  readonly effect: "send" | "read";
  readonly method?: "GET" | "POST";
  readonly json?: object;
  readonly body?: AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

interface Envelope<T> {
  readonly data?: T;
  readonly metadata?: { readonly total?: number };
  readonly error?: { readonly type?: string; readonly message?: string };
}

const service = "BlueBubbles";

/** Calls a route and resolves with its data. Throws AppError; the password, which is in the address, is in none. */
export async function callBlue<T>(api: BlueApi, path: string, call: BlueCall): Promise<T> {
  const { effect, method = "POST", json } = call;
  const answer = await callHttp(formatUrl(api, path), {
    ...call,
    service,
    method,
    maxBytes: 32 * 1_048_576,
    ...(json === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(json) }),
  });
  const body = parseJson(answer.body) as Envelope<T> | undefined;
  if (answer.status >= 200 && answer.status <= 299 && body?.data !== undefined) return body.data;
  if (answer.status >= 200 && answer.status <= 299) {
    if (effect === "send") throw new AppError("send-uncertain", "BlueBubbles took it, but did not say what it became.");
    return undefined as T;
  }
  throw translateRefusal(answer, body, effect);
}

/** Streams what an answer holds. Throws AppError. */
export function streamBlue<T>(
  api: BlueApi,
  path: string,
  signal: AbortSignal,
  read: (stream: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const call = { service, effect: "read", method: "GET", signal, timeoutMs: 300_000 } as const;
  return streamHttp(formatUrl(api, path), call, async (answer) => {
    if (answer.status !== 200) throw translateRefusal(answer, undefined, "read");
    return read(answer.stream);
  });
}

/** Keeps a path prefix of the address, which a proxy may have. */
function formatUrl({ serverUrl, password }: BlueApi, path: string): string {
  const url = new URL(serverUrl.replace(/\/+$/, "") + path);
  url.searchParams.set("password", password);
  return url.href;
}

function translateRefusal(
  answer: Pick<StreamedAnswer, "status" | "headers">,
  body: Envelope<unknown> | undefined,
  effect: "send" | "read",
): AppError {
  if (answer.status === 401)
    return new AppError("unauthorised", "BlueBubbles does not accept the password.", {
      hint: "Look it up in the BlueBubbles server under Settings, Connection Settings, and set it as `password`.",
    });
  const detail = body?.error?.message ?? "";
  // It is not even tried without its helper.
  if (answer.status === 500 && /private.?api|helper/i.test(detail))
    return new AppError("unreachable", "The Private API of BlueBubbles is not at work.", {
      hint: "Look at Private API in the BlueBubbles server, or set `privateApi: false`.",
      retryAfterMs: 30_000,
    });
  const failed = body?.data as Pick<BlueMessage, "error"> | null | undefined;
  if (effect === "send" && answer.status === 500 && (failed?.error ?? 0) !== 0)
    return new AppError("send-rejected", `It was not sent: ${describeSendError(failed?.error ?? 0)}.`);
  // Messages may have it all the same: BlueBubbles waits for it to show, and gives up after a minute.
  if (effect === "send" && answer.status === 500 && body?.error !== undefined)
    return new AppError("send-uncertain", "BlueBubbles could not tell whether Messages has sent it.");
  if (effect === "send" && answer.status === 400 && /already queued/i.test(detail))
    return new AppError("send-uncertain", "BlueBubbles is still at work on an earlier attempt.");
  return refusal(answer, service, effect);
}
