import { AppError } from "../../src/core/errors.ts";
import { callHttp, parseJson, refusal } from "../_shared/http.ts";
import { createSharedCall, type SharedCall } from "./shared-call.ts";

export interface TokenSettings {
  readonly appId?: string | undefined;
  readonly appPassword?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly loginUrl: string;
  readonly issuer: string;
}

/** The tokens that we show to the Bot Connector. */
export interface Tokens {
  /** A valid one; undefined in the playground, which wants none. Throws AppError. */
  get(signal?: AbortSignal): Promise<string | undefined>;
  /** Forgets a token that was refused. */
  drop(token: string): void;
  /** When the one in hand has to be renewed; undefined without one. */
  renewsAt(): number | undefined;
}

/** Renewed so long before it ends, so that none ends on the way. */
const marginMs = 5 * 60_000;

export function createTokens(settings: TokenSettings, now: () => number): Tokens {
  let held: { readonly token: string; readonly renewsAt: number } | undefined;
  let fetching: SharedCall<string> | undefined;

  async function fetchToken(appId: string, signal: AbortSignal): Promise<string> {
    const { token, validMs } = await requestToken(appId, settings, signal);
    held = { token, renewsAt: now() + Math.max(validMs - marginMs, validMs / 2) };
    return token;
  }

  return {
    async get(signal) {
      if (settings.appId === undefined) return undefined;
      if (held !== undefined && now() < held.renewsAt) return held.token;
      const { appId } = settings;
      fetching ??= createSharedCall(
        (shared) => fetchToken(appId, shared),
        () => (fetching = undefined),
      );
      return fetching.join(signal);
    },
    drop(token) {
      if (held?.token === token) held = undefined;
    },
    renewsAt: () => held?.renewsAt,
  };
}

/** Asks Microsoft Entra for a token. Throws AppError that says which key is wrong. */
async function requestToken(
  appId: string,
  { appPassword = "", tenantId = "botframework.com", loginUrl, issuer }: TokenSettings,
  signal: AbortSignal,
): Promise<{ readonly token: string; readonly validMs: number }> {
  const url = `${loginUrl.replace(/\/+$/, "")}/${tenantId}/oauth2/v2.0/token`;
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: appId,
    client_secret: appPassword,
    scope: `${issuer}/.default`,
  });
  const answer = await callHttp(url, {
    service: "Microsoft Entra",
    effect: "read",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
    signal,
  });
  const body = (parseJson(answer.body) ?? {}) as {
    access_token?: unknown;
    expires_in?: unknown;
    error_description?: unknown;
  };
  if (answer.status !== 200) throw translateRefusal(answer, body.error_description);
  const { access_token: token, expires_in: seconds } = body;
  if (typeof token !== "string" || token === "")
    throw new AppError("unreachable", "Microsoft Entra answered without a token.", { retryAfterMs: 5_000 });
  return { token, validMs: (Number(seconds) || 3_600) * 1_000 };
}

/** https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
const hints: Readonly<Record<string, string>> = {
  AADSTS7000215: "`appPassword` is wrong. It is the value of the client secret, not its id.",
  AADSTS7000222: "The client secret in `appPassword` has expired. Make a new one in the app registration.",
  AADSTS700016: "`appId` is not known in this tenant. Check `appId` and `tenantId`; a single-tenant bot needs both.",
  AADSTS90002: "`tenantId` does not exist.",
  AADSTS7000112: "The app is disabled. Its administrator can enable it again.",
  AADSTS53003: "A Conditional Access policy blocks the app. Its administrator can exempt it.",
};

function translateRefusal(answer: Parameters<typeof refusal>[0], description: unknown): AppError {
  if (answer.status === 429 || answer.status >= 500) return refusal(answer, "Microsoft Entra", "read");
  // The whole description holds ids and times of no use to anybody.
  const code = typeof description === "string" ? /AADSTS\d+/.exec(description)?.[0] : undefined;
  return new AppError("unauthorised", `Microsoft Entra gives no token${code === undefined ? "" : ` (${code})`}.`, {
    hint: hints[code ?? ""] ?? "Check `appId`, `appPassword` and `tenantId`.",
  });
}
