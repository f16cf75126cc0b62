import { AppError } from "../../src/core/errors.ts";
import { callHttp, parseJson, parseRetryAfter, refusal } from "./http.ts";
import { describeTwilioCode } from "./twilio-errors.ts";

/** Where Twilio's REST API is and who we are there. */
export interface TwilioAccount {
  readonly apiUrl: string;
  readonly accountSid: string;
  /** Twilio signs its calls with it; it is the password of ours, too, unless there is an API key. */
  readonly authToken: string;
  readonly apiKey?: string | undefined;
  readonly apiKeySecret?: string | undefined;
}

export interface AskTwilioOptions {
  /** "send" for what a person would get twice if it were made twice. */
  readonly effect: "send" | "read";
  readonly signal: AbortSignal;
  /** Present: a POST with these fields. A field may come several times. */
  readonly form?: readonly (readonly [string, string])[];
}

/** What Twilio said: https://www.twilio.com/docs/usage/twilios-response */
export type TwilioAnswer =
  | { readonly ok: true; readonly body: unknown }
  /** Refused for good; `code` as in https://www.twilio.com/docs/api/errors */
  | { readonly ok: false; readonly status: number; readonly code: number | undefined; readonly error: AppError };

/**
 * Makes one call below the account, such as "/Messages.json". Throws AppError as `callHttp` does, for bad credentials,
 * and for 429 and 5xx, which say nothing about the call itself. After a send, 500, 502 and 504 are "send-uncertain":
 * Twilio may have taken the message, and can be asked.
 */
export async function askTwilio(
  account: TwilioAccount,
  path: string,
  { effect, signal, form }: AskTwilioOptions,
): Promise<TwilioAnswer> {
  const answer = await callHttp(accountUrl(account, path), {
    service: "Twilio",
    effect,
    signal,
    method: form === undefined ? "GET" : "POST",
    headers: {
      authorization: formatAuthorization(account),
      accept: "application/json",
      ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
    },
    ...(form === undefined
      ? {}
      : { body: new URLSearchParams(form.map(([key, value]): [string, string] => [key, value])).toString() }),
  });
  const body = parseJson(answer.body);
  if (answer.status >= 200 && answer.status <= 299) return { ok: true, body };
  const code = readCode(body);
  const error = translateRefusal(answer, effect, code);
  if (error.retryAfterMs !== undefined || error.code === "send-uncertain" || error.code === "unauthorised") throw error;
  return { ok: false, status: answer.status, code, error };
}

/** Like `askTwilio`; any refusal is thrown. */
export async function callTwilio(account: TwilioAccount, path: string, options: AskTwilioOptions): Promise<unknown> {
  const answer = await askTwilio(account, path, options);
  if (!answer.ok) throw answer.error;
  return answer.body;
}

export function formatAuthorization(account: TwilioAccount): string {
  const { accountSid, authToken, apiKey = accountSid, apiKeySecret = authToken } = account;
  return `Basic ${Buffer.from(`${apiKey}:${apiKeySecret}`).toString("base64")}`;
}

/** Below the account, or from the root when the path names the API's version, as Twilio's own links do. */
function accountUrl(account: TwilioAccount, path: string): string {
  const root = account.apiUrl.replace(/\/+$/, "");
  return path.startsWith("/2010-04-01/") ? root + path : `${root}/2010-04-01/Accounts/${account.accountSid}${path}`;
}

function readCode(body: unknown): number | undefined {
  if (typeof body !== "object" || body === null || !("code" in body)) return undefined;
  const code = Number(body.code);
  return Number.isSafeInteger(code) ? code : undefined;
}

function translateRefusal(
  answer: Parameters<typeof refusal>[0],
  effect: "send" | "read",
  code: number | undefined,
): AppError {
  const { status } = answer;
  if (status === 401 || code === 20003) {
    return new AppError("unauthorised", "Twilio does not accept these credentials (20003).", {
      hint: "Compare accountSid and authToken, or apiKey and apiKeySecret, with the Twilio Console.",
    });
  }
  if (status === 429 || code === 20429 || code === 63018) {
    const retryAfterMs = parseRetryAfter(answer.headers.get("retry-after"), Date.now()) ?? 1_000;
    return new AppError("rate-limited", "Twilio asks to send more slowly.", {
      retryAfterMs: Math.max(1, retryAfterMs),
    });
  }
  if (effect === "send" && (status === 500 || status === 502))
    return new AppError("send-uncertain", `Twilio answered ${status}; it may have taken the message.`);
  if (status >= 500) return refusal(answer, "Twilio", effect);
  const words = describeTwilioCode(code);
  return refusal(answer, "Twilio", effect, words);
}
