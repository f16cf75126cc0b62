import { AppError } from "../../src/core/errors.ts";
import { callHttp, parseJson, refusal, streamHttp } from "../_shared/http.ts";
import { encodeForm, type FormFile } from "../_shared/multipart.ts";

/** Where the Bot API is and who we are there. */
export interface TelegramApi {
  readonly root: string;
  readonly token: string;
}

export interface AskOptions {
  /** "send" for what people would see twice if it were made twice. */
  readonly effect: "send" | "read";
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Goes out as multipart/form-data, streamed. */
  readonly file?: FormFile;
}

/** What the Bot API said. See https://core.telegram.org/bots/api#making-requests */
export type ApiAnswer =
  | { readonly ok: true; readonly result: unknown }
  | {
      readonly ok: false;
      readonly status: number;
      readonly description: string;
      readonly error: AppError;
    };

/**
 * Calls a method; a refusal is an answer. Throws AppError as `callHttp` does, and for 429 and 5xx, which say nothing
 * about the call itself.
 */
export async function askTelegram(
  api: TelegramApi,
  method: string,
  payload: object,
  options: AskOptions,
): Promise<ApiAnswer> {
  const answer = await callHttp(methodUrl(api, method), {
    service: "Telegram",
    ...options,
    ...encode(payload, options.file),
    maxBytes: 16 * 1_048_576,
  });
  const body = (parseJson(answer.body) ?? {}) as {
    ok?: boolean;
    result?: unknown;
    description?: string;
    parameters?: { retry_after?: number };
  };
  if (answer.status === 200 && body.ok === true) return { ok: true, result: body.result };
  const description = body.description ?? "no description";
  const retryAfterS = body.parameters?.retry_after;
  if (retryAfterS !== undefined)
    throw new AppError("rate-limited", `Telegram asks to wait ${retryAfterS} s.`, {
      retryAfterMs: Math.max(1, retryAfterS * 1_000),
    });
  const error = translateRefusal(answer, options.effect, description);
  if (error.retryAfterMs !== undefined || error.code === "send-uncertain") throw error;
  return { ok: false, status: answer.status, description, error };
}

/** Calls a method and resolves with its result; any refusal is thrown as an AppError. */
export async function callTelegram<T>(
  api: TelegramApi,
  method: string,
  payload: object,
  options: AskOptions,
): Promise<T> {
  const answer = await askTelegram(api, method, payload, options);
  if (!answer.ok) throw answer.error;
  return answer.result as T;
}

/** Was the markup refused, and not the message? */
export function isBadHtml(answer: ApiAnswer & { readonly ok: false }): boolean {
  return /can't parse entities/i.test(answer.description);
}

/** Streams a file that getFile has named. Throws AppError. */
export async function downloadFile<T>(
  api: TelegramApi,
  filePath: string,
  signal: AbortSignal,
  save: (content: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const url = `${withSlash(api.root)}file/bot${api.token}/${filePath}`;
  return streamHttp(
    url,
    { service: "Telegram", effect: "read", method: "GET", signal, timeoutMs: 120_000 },
    async ({ status, headers, stream }) => {
      if (status !== 200) throw refusal({ status, headers }, "Telegram", "read");
      return save(stream);
    },
  );
}

function methodUrl(api: TelegramApi, method: string): string {
  return `${withSlash(api.root)}bot${api.token}/${method}`;
}

/** Keeps a path prefix of the root, which a proxy may have. */
function withSlash(root: string): string {
  return root.endsWith("/") ? root : `${root}/`;
}

function translateRefusal(
  answer: Parameters<typeof refusal>[0],
  effect: "send" | "read",
  description: string,
): AppError {
  // 404 is what a malformed token gets.
  if (answer.status === 401 || (answer.status === 404 && effect === "read")) {
    return new AppError("unauthorised", "Telegram does not know this bot token.", {
      hint: "Get a new one from @BotFather and set it as `token`.",
    });
  }
  if (answer.status === 409) {
    const hint = "Run one process per token, or take the webhook away elsewhere.";
    return new AppError("conflict", "Somebody else is receiving with this bot token.", {
      hint,
      retryAfterMs: 5_000,
    });
  }
  return refusal(answer, "Telegram", effect, description);
}

function encode(
  payload: object,
  file: AskOptions["file"],
): { headers: Readonly<Record<string, string>>; body: string | AsyncIterable<Uint8Array> } {
  if (file === undefined) return { headers: { "content-type": "application/json" }, body: JSON.stringify(payload) };
  const fields = Object.entries(payload)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ name, value: typeof value === "string" ? value : JSON.stringify(value) }));
  return encodeForm(fields, [file]);
}
