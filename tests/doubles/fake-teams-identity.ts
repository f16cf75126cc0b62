import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";

/** Claims of a token, as the Bot Connector makes them. */
export interface ConnectorClaims {
  readonly iss: string;
  readonly aud: string;
  readonly serviceurl: string;
  readonly nbf: number;
  readonly exp: number;
}

/** Who signs for Microsoft: a key of its own for each, under the id "key-1". */
export interface Signer {
  /** As it stands behind `jwks_uri`. */
  readonly jwks: object;
  /** A signed token. `header` replaces fields of the usual one. */
  sign(claims: object, header?: object): string;
}

export function createSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const { n, e } = publicKey.export({ format: "jwk" });
  return {
    jwks: { keys: [{ kty: "RSA", use: "sig", kid: "key-1", x5t: "key-1", n, e, endorsements: ["msteams"] }] },
    sign: (claims, header = {}) => signToken(privateKey, { typ: "JWT", alg: "RS256", kid: "key-1", ...header }, claims),
  };
}

function signToken(key: KeyObject, header: object, claims: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createSign("RSA-SHA256").update(signed).sign(key).toString("base64url")}`;
}

/** Microsoft Entra's answer to a request for a token. https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
export function answerTokenRequest(
  form: URLSearchParams,
  tenant: string,
  known: {
    readonly appId: string;
    readonly appPassword: string;
    readonly tenantId: string | undefined;
    readonly scope: string;
  },
): { readonly status: number; readonly body: object } {
  const refuse = (status: number, error: string, code: number, words: string): { status: number; body: object } => ({
    status,
    body: {
      error,
      error_description: `AADSTS${code}: ${words} Trace ID: 00000000-0000-0000-0000-000000000000 Timestamp: 2026-01-01 00:00:00Z`,
      error_codes: [code],
    },
  });
  if (tenant !== (known.tenantId ?? "botframework.com"))
    return refuse(400, "invalid_request", 90002, `Tenant '${tenant}' not found.`);
  if (form.get("grant_type") !== "client_credentials" || form.get("scope") !== known.scope)
    return refuse(400, "invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid.");
  if (form.get("client_id") !== known.appId)
    return refuse(400, "unauthorized_client", 700016, "Application was not found in the directory.");
  if (form.get("client_secret") !== known.appPassword)
    return refuse(401, "invalid_client", 7000215, "Invalid client secret provided.");
  return { status: 200, body: { token_type: "Bearer", expires_in: 3_599, ext_expires_in: 3_599 } };
}
