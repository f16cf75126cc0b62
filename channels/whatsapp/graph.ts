import { AppError } from "../../src/core/errors.ts";
import { callHttp, parseJson, parseRetryAfter, refusal } from "../_shared/http.ts";
import { encodeForm, type FormFile } from "../_shared/multipart.ts";
import { describeGraphCode } from "./graph-errors.ts";

/** Where the Graph API is and who we are there. */
export interface GraphApi {
  readonly graphUrl: string;
  readonly token: string;
}

export interface CallGraphOptions {
  /** "send" for what people would see twice if it were made twice. */
  readonly effect: "send" | "read";
  readonly signal: AbortSignal;
  /** Told when WhatsApp asks to wait, with its code. */
  readonly onWait?: (code: number | undefined, ms: number) => void;
  /** Present: a POST. */
  readonly json?: object;
  readonly upload?: Omit<FormFile, "field"> & { readonly fields: Readonly<Record<string, string>> };
}

/** Calls a path below the version, such as "/106540352242922/messages". Throws AppError for all that is not 2xx. */
export async function callGraph(api: GraphApi, path: string, options: CallGraphOptions): Promise<unknown> {
  const { effect, signal, json, upload } = options;
  const answer = await callHttp(graphUrl(api, path), {
    service: "WhatsApp",
    effect,
    signal,
    method: json === undefined && upload === undefined ? "GET" : "POST",
    ...encode(api, json, upload),
    ...(upload === undefined ? {} : { timeoutMs: 300_000 }),
  });
  const body = parseJson(answer.body);
  if (answer.status >= 200 && answer.status <= 299) return body;
  const refused = readError(body);
  const error = translateRefusal(answer, effect, refused);
  if (error.code === "rate-limited") options.onWait?.(refused?.code, error.retryAfterMs ?? 0);
  throw error;
}

export function graphUrl(api: GraphApi, path: string): string {
  return api.graphUrl.replace(/\/+$/, "") + path;
}

/** Meta's servers for files refuse callers without a name. */
export function formatHeaders(api: GraphApi): Record<string, string> {
  return { authorization: `Bearer ${api.token}`, "user-agent": "parlance" };
}

interface GraphError {
  readonly code: number | undefined;
  readonly title: string | undefined;
}

function readError(body: unknown): GraphError | undefined {
  const { error } = (body ?? {}) as { error?: { code?: number } };
  if (error === undefined) return undefined;
  // Its words may name people's numbers: ours are told instead.
  return { code: Number.isSafeInteger(error.code) ? error.code : undefined, title: undefined };
}

const waitsMs: Readonly<Record<number, number>> = {
  4: 60_000,
  80007: 60_000,
  130429: 2_000,
  131056: 6_000,
  131048: 600_000,
  133016: 600_000,
};

/** Passing troubles of Meta's that it says had no effect. */
const troubles = new Set([1, 2, 131000, 131016, 131057, 133004]);

function translateRefusal(
  answer: Parameters<typeof refusal>[0],
  effect: "send" | "read",
  error: GraphError | undefined,
): AppError {
  const { status } = answer;
  const { code } = error ?? {};
  const words = describeGraphCode(code);
  const askedMs = parseRetryAfter(answer.headers.get("retry-after"), Date.now());
  if (code === 190 || code === 0 || status === 401)
    return new AppError("unauthorised", "WhatsApp's access token has expired or was revoked (190).", {
      hint: "Make a new one for a system user under Business settings > System users, and set it as `token`.",
    });
  if (code === 3 || code === 10 || (code !== undefined && code >= 200 && code <= 299))
    return new AppError("forbidden", `WhatsApp's access token may not do this (${code}).`, {
      hint: "It needs whatsapp_business_messaging and whatsapp_business_management, and the account as an asset.",
    });
  const waitMs = code === undefined ? undefined : waitsMs[code];
  if (waitMs !== undefined || status === 429) {
    const scope = code === 131056 ? "to write to this person more slowly" : "to send more slowly";
    const retryAfterMs = Math.max(1, askedMs ?? waitMs ?? 1_000);
    return new AppError("rate-limited", `WhatsApp asks ${scope} (${code ?? status}).`, { retryAfterMs });
  }
  if (code !== undefined && troubles.has(code))
    return new AppError("unreachable", `WhatsApp has a trouble that should pass (${code}).`, {
      retryAfterMs: askedMs ?? 1_000,
    });
  // Without an error of the API's own a gateway answered, and what lies behind it may have taken the message.
  if (error === undefined && effect === "send" && (status === 500 || status === 502))
    return new AppError("send-uncertain", `WhatsApp answered ${status}; it may have taken the message.`);
  return refusal(answer, "WhatsApp", effect, error === undefined ? undefined : words);
}

function encode(
  api: GraphApi,
  json: object | undefined,
  upload: CallGraphOptions["upload"],
): { headers: Record<string, string>; body?: string | AsyncIterable<Uint8Array> } {
  const headers = formatHeaders(api);
  if (upload === undefined) {
    if (json === undefined) return { headers };
    return { headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(json) };
  }
  const { fields, ...file } = upload;
  const named = Object.entries(fields).map(([name, value]) => ({ name, value }));
  const form = encodeForm(named, [{ ...file, field: "file" }]);
  return { headers: { ...headers, ...form.headers }, body: form.body };
}
