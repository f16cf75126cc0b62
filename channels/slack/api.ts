import { AppError, isAppError } from "../../src/core/errors.ts";
import { callHttp, parseJson, refusal, type CallAnswer } from "../_shared/http.ts";
import type { Pauses } from "../_shared/pauses.ts";
import { translateRefusal, type Effect, type SlackRefusal } from "./errors.ts";

/** Where the Web API is and who we are there. */
export interface SlackApi {
  readonly url: string;
  readonly token: string;
  readonly pauses: Pauses;
  /** Called when Slack does not accept the token, whatever was asked. */
  readonly onUnauthorised?: () => void;
}

export interface AskOptions {
  readonly effect: Effect;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** What a 429 pauses; by default the method. Posting is limited by conversation. */
  readonly pauseKey?: string;
}

/** What a method said. */
export type SlackAnswer =
  | { readonly ok: true; readonly result: unknown; readonly headers: CallAnswer["headers"] }
  | { readonly ok: false; readonly code: string; readonly error: AppError };

/** Arguments of a method; what is undefined is left out. Objects go as JSON. */
export type Arguments = Readonly<Record<string, string | number | boolean | object | undefined>>;

/**
 * Calls a method; a refusal is an answer. Throws AppError as `callHttp` does, and for refusals that say nothing about
 * the call itself: a wait, a failure of Slack's, a token that it does not accept. Form fields, not JSON, as Slack's own
 * SDK sends them: several methods read no JSON.
 */
export async function askSlack(
  api: SlackApi,
  method: string,
  args: Arguments,
  options: AskOptions,
): Promise<SlackAnswer> {
  const { effect, pauseKey = method, signal, timeoutMs } = options;
  const attempt = api.pauses.run(pauseKey, async () => {
    const answer = await callHttp(methodUrl(api, method), {
      service: "Slack",
      effect: effect === "send" ? "send" : "read",
      headers: {
        authorization: `Bearer ${api.token}`,
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      },
      body: encode(args),
      maxBytes: 16 * 1_048_576,
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    return readAnswer(method, answer, effect);
  });
  return attempt.catch((error: unknown) => {
    if (isAppError(error, "unauthorised")) api.onUnauthorised?.();
    throw error;
  });
}

/** Calls a method and resolves with its result; any refusal is thrown as an AppError. */
export async function callSlack<T>(api: SlackApi, method: string, args: Arguments, options: AskOptions): Promise<T> {
  const answer = await askSlack(api, method, args, options);
  if (!answer.ok) throw answer.error;
  return answer.result as T;
}

function readAnswer(method: string, answer: CallAnswer, effect: Effect): SlackAnswer {
  const sends = effect === "send" ? "send" : "read";
  if (answer.status !== 200) throw refusal(answer, "Slack", sends);
  const body = parseJson(answer.body) as (SlackRefusal & { readonly ok?: boolean }) | undefined;
  if (body?.ok === true) return { ok: true, result: body, headers: answer.headers };
  if (body?.ok !== false)
    throw sends === "send"
      ? new AppError("send-uncertain", `Slack's answer to ${method} cannot be read; it may have worked.`)
      : new AppError("unreachable", `Slack's answer to ${method} cannot be read.`, { retryAfterMs: 2_000 });
  const error = translateRefusal(method, body, effect);
  if (error.retryAfterMs !== undefined || error.code === "send-uncertain" || error.code === "unauthorised") throw error;
  return { ok: false, code: body.error ?? "", error };
}

/** Keeps a path prefix of the address, which a proxy may have. */
function methodUrl(api: SlackApi, method: string): string {
  return `${api.url.endsWith("/") ? api.url : `${api.url}/`}${method}`;
}

function encode(args: Arguments): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined) continue;
    form.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  return form.toString();
}
