import { AppError } from "../../src/core/errors.ts";
import { callHttp, parseJson, parseRetryAfter } from "../_shared/http.ts";
import { encodeForm, type FormFile } from "../_shared/multipart.ts";
import { findRoute, type RateLimits } from "./rate-limits.ts";
import { describeRefusal, type DiscordRefusal } from "./refusals.ts";

/** Where the HTTP API is and who we are there. */
export interface DiscordApi {
  readonly root: string;
  readonly token: string;
  readonly limits: RateLimits;
}

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the root, such as "/channels/1/messages". */
  readonly path: string;
  /** "send" for what people would see twice if it were made twice. */
  readonly effect: "send" | "read";
  readonly json?: unknown;
  readonly files?: readonly FormFile[];
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** The path holds a token of its own, as for answers to interactions. */
  readonly isTokenInPath?: boolean;
}

/** What the API said. A refusal is an answer, except for waits and failures that say nothing about the call itself. */
export type ApiAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly status: number; readonly code: number; readonly error: AppError };

/** Discord turns clients away that do not say who they are: https://docs.discord.com/developers/reference#user-agent */
const userAgent = "DiscordBot (https://parlance.example.org, 0.1.0)";

/**
 * Makes a call within the limits that Discord has told. Throws AppError as `callHttp` does, "rate-limited" with the
 * wait, "unreachable" for 5xx.
 */
export async function askDiscord(api: DiscordApi, call: Call): Promise<ApiAnswer> {
  const route = findRoute(call.method, call.path);
  await api.limits.admit(route, call.signal);
  const { body, headers } = encodeBody(call.json, call.files);
  const answer = await callHttp(`${api.root.replace(/\/$/, "")}${call.path}`, {
    service: "Discord",
    effect: call.effect,
    method: call.method,
    headers: {
      "user-agent": userAgent,
      ...(call.isTokenInPath === true ? {} : { authorization: `Bot ${api.token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    timeoutMs: call.timeoutMs ?? 30_000,
    maxBytes: 16 * 1_048_576,
  });
  api.limits.note(route, answer.headers);
  const result = parseJson(answer.body);
  if (answer.status >= 200 && answer.status < 300) return { ok: true, result };
  const refusal = (result ?? {}) as DiscordRefusal & { retry_after?: number; global?: boolean };
  if (answer.status === 429) {
    const told = refusal.retry_after === undefined ? undefined : refusal.retry_after * 1_000;
    const retryAfterMs = Math.max(1, Math.ceil(told ?? parseRetryAfter(answer.headers.get("retry-after"), 0) ?? 5_000));
    // Without JSON it is the network in front of Discord that has had enough of us.
    const isGlobal = refusal.global === true || result === undefined;
    api.limits.refuse(route, retryAfterMs, isGlobal);
    throw new AppError("rate-limited", `Discord asks to wait ${retryAfterMs} ms.`, { retryAfterMs });
  }
  const error = describeRefusal(answer, call.effect, refusal);
  if (error.retryAfterMs !== undefined || error.code === "send-uncertain") throw error;
  return { ok: false, status: answer.status, code: refusal.code ?? 0, error };
}

/** JSON alone, or as `payload_json` with files behind it: https://docs.discord.com/developers/reference#uploading-files */
function encodeBody(
  payload: unknown,
  files: readonly FormFile[] = [],
): { readonly headers: Readonly<Record<string, string>>; readonly body?: string | AsyncIterable<Uint8Array> } {
  if (payload === undefined) return { headers: { "content-length": "0" } };
  const value = JSON.stringify(payload);
  if (files.length === 0) return { headers: { "content-type": "application/json" }, body: value };
  return encodeForm([{ name: "payload_json", value, mimeType: "application/json" }], files);
}

/** Makes a call and resolves with its result; any refusal is thrown as an AppError. */
export async function callDiscord<T>(api: DiscordApi, call: Call): Promise<T> {
  const answer = await askDiscord(api, call);
  if (!answer.ok) throw answer.error;
  return answer.result as T;
}
