import { isAppError } from "../core/errors.ts";
import type { ModelEvent } from "../core/model.ts";
import type { AliasConfig } from "./alias.ts";

export type ModelFailure = Extract<ModelEvent, { type: "error" }>;

/** What an SDK's error may carry; read with care, because it crosses packages and versions. */
interface ProviderError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly statusCode?: unknown;
  readonly responseHeaders?: Readonly<Record<string, string>> | undefined;
  readonly responseBody?: unknown;
  readonly isRetryable?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

const longestWaitMs = 3_600_000;

/**
 * Any error of a provider's SDK or of its stream, as our last event. `name` is the alias, for the sentence that tells
 * the operator where to look. Holds no key and no URL; of the provider's own words only what a refusal (400) says.
 */
export function parseFailure(error: unknown, name: string, alias: AliasConfig, now: number): ModelFailure {
  if (isAppError(error))
    return {
      type: "error",
      reason: "rejected",
      retryable: false,
      message: [error.message, error.hint].filter(Boolean).join(" "),
    };
  const raw = (typeof error === "object" && error !== null ? error : { message: error }) as ProviderError;
  const status = typeof raw.statusCode === "number" ? raw.statusCode : undefined;
  const said = providerWords(raw);
  const who = `Model "${name}" (${alias.provider})`;
  const fail = (reason: ModelFailure["reason"], retryable: boolean, message: string): ModelFailure => {
    const retryAfterMs = retryable ? parseRetryAfter(raw.responseHeaders, now) : undefined;
    return {
      type: "error",
      reason,
      retryable,
      message,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  };
  const words = `${said} ${codeWords(raw)}`;

  if (status === 401 || status === 403)
    return fail(
      "rejected",
      false,
      `${who} refused the key (${status}). Check models.aliases.${name}.${keySetting(alias)} and what that key may use.`,
    );
  if (status === 402 || /insufficient_quota|credit balance/i.test(words))
    return fail(
      "rejected",
      false,
      `${who} says that the account has no credit left. Check the provider's billing page.`,
    );
  if (status === 404)
    return fail(
      "rejected",
      false,
      `${who} does not know "${alias.model}" (404). Check models.aliases.${name}.model and baseUrl${alias.provider === "openai-compatible" ? "; with Ollama, pull the model first" : ""}.`,
    );
  if (
    /context_length_exceeded|context (length|window)|prompt is too long|too many (input )?tokens|exceeds the (available )?context|input token count/i.test(
      words,
    ) &&
    (status === undefined || (status >= 400 && status < 429))
  )
    return fail("rejected", false, `Context too long: ${who} cannot read that much at once.`);
  if (status === 429 || /rate_limit|RESOURCE_EXHAUSTED/i.test(codeWords(raw)))
    return fail("unavailable", true, `${who} asks us to slow down (429).`);
  if (status === 408) return fail("timeout", true, `${who} took too long (408).`);
  if (
    status === 409 ||
    status === 425 ||
    (status !== undefined && status >= 500) ||
    /overloaded|server_error|internal_error|UNAVAILABLE/i.test(codeWords(raw))
  )
    return fail("unavailable", true, `${who} is not available${status === undefined ? "" : ` (${status})`}.`);
  if (status !== undefined && status >= 300 && status < 400)
    return fail(
      "rejected",
      false,
      `${who} answered with a redirect (${status}), which we do not follow. Check models.aliases.${name}.baseUrl.`,
    );
  if (status !== undefined && status >= 400)
    return fail(
      "rejected",
      false,
      `${who} refused the request (${status})${said === "" ? "" : `: ${clean(said, alias)}`}.`,
    );
  if (isGarbled(raw)) return fail("garbled", true, `${who} sent something that is not a valid answer.`);
  if (raw.name === "AI_UnsupportedFunctionalityError" || raw.name === "AI_InvalidPromptError")
    return fail("rejected", false, `${who} cannot take this request: ${clean(said, alias)}.`);
  const network = networkCode(raw);
  if (network !== undefined)
    return fail(
      "unavailable",
      true,
      `${who} could not be reached (${network})${alias.provider === "openai-compatible" ? "; is the server running?" : "."}`,
    );
  return fail("unavailable", true, `${who} broke off its answer.`);
}

/** "retry-after-ms", or "retry-after" in seconds or as an HTTP date. Undefined when absent or unreadable; at most an hour. */
export function parseRetryAfter(
  headers: Readonly<Record<string, string>> | undefined,
  now: number,
): number | undefined {
  const ms = Number.parseFloat(headers?.["retry-after-ms"] ?? "");
  const after = headers?.["retry-after"]?.trim() ?? "";
  const wait = Number.isFinite(ms) ? ms : /^\d+(\.\d+)?$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now;
  return Number.isFinite(wait) ? Math.min(longestWaitMs, Math.max(0, Math.round(wait))) : undefined;
}

function providerWords(raw: ProviderError): string {
  return typeof raw.message === "string" ? raw.message : "";
}

/** Machine-readable words: type and code of the error itself or in the answer's body. */
function codeWords(raw: ProviderError): string {
  const words = [raw.type, raw.code];
  if (typeof raw.responseBody === "string") {
    for (const match of raw.responseBody.slice(0, 4_000).matchAll(/"(?:type|code|status)"\s*:\s*"([\w.-]{1,60})"/g))
      words.push(match[1]);
  }
  return words.filter((word) => typeof word === "string").join(" ");
}

const garbledNames = new Set<unknown>(["AI_JSONParseError", "AI_TypeValidationError", "AI_EmptyResponseBodyError"]);

/** By its own name, or as the cause of a failed call: so the SDKs tell of an answer that came in one piece. */
function isGarbled(raw: ProviderError): boolean {
  const cause = typeof raw.cause === "object" && raw.cause !== null ? (raw.cause as ProviderError) : undefined;
  return garbledNames.has(raw.name) || garbledNames.has(cause?.name);
}

function networkCode(raw: ProviderError): string | undefined {
  let inner: unknown = raw;
  for (let depth = 0; depth < 4 && typeof inner === "object" && inner !== null; depth++) {
    if ("code" in inner && typeof inner.code === "string" && /^[A-Z][A-Z_0-9]+$/.test(inner.code)) return inner.code;
    inner = "cause" in inner ? inner.cause : undefined;
  }
  return undefined;
}

function keySetting(alias: AliasConfig): string {
  return alias.provider === "bedrock" && alias.apiKey === undefined ? "accessKeyId" : "apiKey";
}

/** Short, one line, without secrets and without what follows the "?" of a URL. */
function clean(words: string, alias: AliasConfig): string {
  let text = words.replace(/\s+/g, " ").replace(/(https?:\/\/[^\s?"']+)\?[^\s"']*/g, "$1");
  const secrets = [
    alias.apiKey,
    alias.accessKeyId,
    alias.secretAccessKey,
    alias.sessionToken,
    ...Object.values(alias.headers ?? {}),
  ];
  for (const secret of secrets) if (secret !== undefined && secret.length > 3) text = text.replaceAll(secret, "•••");
  return text.length > 160 ? `${text.slice(0, 159)}…` : text.replace(/\.$/, "");
}
