import { isFresh, isSameSecret, isSignedBy, signWith } from "../_shared/signature.ts";
import type { WebhookOptions } from "./config.ts";

/** Headers that prove who calls: HMAC-SHA256 over "<timestamp>.<body>", or the bearer token where there is no secret. */
export function formatProof(options: WebhookOptions, body: string, now: number): Record<string, string> {
  if (options.secret === undefined) return { authorization: `Bearer ${options.token ?? ""}` };
  const timestamp = String(Math.floor(now / 1000));
  const signature = signWith(options.secret, `${timestamp}.${body}`);
  return { "x-parlance-timestamp": timestamp, "x-parlance-signature": `v1=${signature}` };
}

/** What the headers alone tell, before any of the body is read: refused, good (token), or to be checked against the body. */
export function checkHeaders(
  options: WebhookOptions,
  headers: Headers,
  now: number,
): "refused" | "good" | "check-body" {
  const bearer = /^Bearer (\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (options.token !== undefined && bearer !== undefined)
    return isSameSecret(options.token, bearer) ? "good" : "refused";
  const timestamp = headers.get("x-parlance-timestamp") ?? "";
  const isTimely = /^\d{1,12}$/.test(timestamp) && isFresh(Number(timestamp) * 1000, now);
  return options.secret !== undefined && isTimely && headers.has("x-parlance-signature") ? "check-body" : "refused";
}

/** Constant time. Call after `checkHeaders` said "check-body". */
export function isSignedBody(options: WebhookOptions, headers: Headers, body: Uint8Array): boolean {
  const [version, signature] = (headers.get("x-parlance-signature") ?? "").split("=", 2);
  const payload = Buffer.concat([Buffer.from(`${headers.get("x-parlance-timestamp") ?? ""}.`), body]);
  return isSignedBy({ secret: options.secret ?? "", payload, signature }) && version === "v1";
}
