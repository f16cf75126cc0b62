import { AppError } from "../../src/core/errors.ts";
import { callHttp, parseJson, parseRetryAfter, refusal, streamHttp, type CallOptions } from "../_shared/http.ts";
import { createPauses } from "../_shared/pauses.ts";

export type Json = Readonly<Record<string, unknown>>;

export interface AskOptions {
  readonly method?: "GET" | "POST" | "PUT";
  readonly signal: AbortSignal;
  /** "send" for what people would see twice if it were made twice. Default "read". */
  readonly effect?: "send" | "read";
  readonly body?: Json;
  readonly timeoutMs?: number;
  /** Calls of one kind wait together when the server asks to wait. */
  readonly pauseKey?: string;
}

/** What the server said: https://spec.matrix.org/latest/client-server-api/#standard-error-response */
export type MatrixAnswer =
  | { readonly ok: true; readonly body: Json }
  | {
      readonly ok: false;
      readonly status: number;
      readonly code: string;
      readonly body: Json;
      readonly error: AppError;
    };

export interface MatrixApi {
  /**
   * Makes a call below the server's address; a refusal is an answer. Throws AppError as `callHttp` does, and for 429,
   * 5xx and a bad token.
   */
  ask(path: string, options: AskOptions): Promise<MatrixAnswer>;
  /** Any refusal is thrown. */
  call(path: string, options: AskOptions): Promise<Json>;
  upload(
    path: string,
    options: Pick<CallOptions, "body" | "headers"> & { readonly signal: AbortSignal },
  ): Promise<Json>;
  /** Resolves with undefined when the server does not have it. */
  download<T>(
    path: string,
    signal: AbortSignal,
    save: (content: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<T | undefined>;
}

export interface ApiSettings {
  readonly homeserverUrl: string;
  /** Undefined before the login. */
  readonly token: () => string | undefined;
  /** Done before each call: what the call relies on must be stored before it goes out. */
  readonly before?: () => Promise<void>;
  readonly now: () => number;
}

const service = "The Matrix server";
const maxAnswerBytes = 64 * 1_048_576;

export function createApi({ homeserverUrl, token, before, now }: ApiSettings): MatrixApi {
  const root = homeserverUrl.replace(/\/+$/, "");
  const pauses = createPauses(service, now);

  const authorization = (): Record<string, string> => {
    const value = token();
    return value === undefined ? {} : { authorization: `Bearer ${value}` };
  };

  async function ask(path: string, options: AskOptions): Promise<MatrixAnswer> {
    const { method = options.body === undefined ? "GET" : "POST", effect = "read", signal, pauseKey = path } = options;
    return pauses.run(pauseKey, async () => {
      await before?.();
      const answer = await callHttp(root + path, {
        service,
        effect,
        signal,
        method,
        maxBytes: maxAnswerBytes,
        headers: { ...authorization(), ...(options.body === undefined ? {} : { "content-type": "application/json" }) },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
      });
      return readAnswer(answer, effect);
    });
  }

  async function call(path: string, options: AskOptions): Promise<Json> {
    const answer = await ask(path, options);
    if (!answer.ok) throw answer.error;
    return answer.body;
  }

  return {
    ask,
    call,
    async upload(path, { body, headers, signal }) {
      await before?.();
      const answer = await callHttp(root + path, {
        service,
        effect: "read",
        signal,
        method: "POST",
        timeoutMs: 300_000,
        headers: { ...authorization(), ...headers },
        ...(body === undefined ? {} : { body }),
      });
      const read = readAnswer(answer, "send");
      if (!read.ok) throw read.error;
      return read.body;
    },
    async download(path, signal, save) {
      const options = { service, effect: "read", method: "GET", signal, timeoutMs: 300_000 } as const;
      return streamHttp(root + path, { ...options, headers: authorization() }, async (answer) => {
        if (answer.status === 404 || answer.status === 403) return undefined;
        if (answer.status !== 200) throw refusal(answer, service, "read");
        return save(answer.stream);
      });
    },
  };
}

type Answer = Awaited<ReturnType<typeof callHttp>>;

function readAnswer(answer: Answer, effect: "send" | "read"): MatrixAnswer {
  const parsed = parseJson(answer.body);
  const body = (typeof parsed === "object" && parsed !== null ? parsed : {}) as Json;
  if (answer.status >= 200 && answer.status <= 299) return { ok: true, body };
  const code = typeof body["errcode"] === "string" ? body["errcode"] : "";
  const error = translateRefusal(answer, effect, code, body);
  if (error.retryAfterMs !== undefined || error.code === "send-uncertain" || error.code === "unauthorised") throw error;
  return { ok: false, status: answer.status, code, body, error };
}

function translateRefusal(answer: Answer, effect: "send" | "read", code: string, body: Json): AppError {
  if (code === "M_UNKNOWN_TOKEN" || code === "M_MISSING_TOKEN")
    return new AppError("unauthorised", `${service} does not accept the access token any more (${code}).`, {
      hint: "The session was logged out or expired. Log in anew and set the new accessToken, or set password.",
    });
  if (code === "M_USER_DEACTIVATED")
    return new AppError("unauthorised", "The account was deactivated.", { hint: "Ask the server's operator." });
  if (code === "M_LIMIT_EXCEEDED" || answer.status === 429) {
    const given = body["retry_after_ms"];
    const asked = typeof given === "number" ? given : parseRetryAfter(answer.headers.get("retry-after"), Date.now());
    const retryAfterMs = Math.max(1, asked ?? 1_000);
    return new AppError("rate-limited", `${service} asks to wait ${Math.ceil(retryAfterMs / 1_000)} s.`, {
      retryAfterMs,
    });
  }
  // Its words may repeat what was sent; its code is enough.
  return refusal(answer, service, effect, code === "" ? undefined : code);
}

/** A path of the client API; each value is one segment. */
export function clientPath(parts: TemplateStringsArray, ...values: readonly string[]): string {
  const encoded = values.map((value) => encodeURIComponent(value));
  return `/_matrix/client/v3${parts.reduce((path, part, index) => path + (encoded[index - 1] ?? "") + part)}`;
}
