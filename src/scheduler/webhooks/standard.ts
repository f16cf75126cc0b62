import { type Claim, isAmong, isFresh, parseSeconds, type Proof, refuse, signWith } from "./proof.ts";

/** Does the request follow the Standard Webhooks specification? */
export function isStandard({ headers }: Claim): boolean {
  return headers.get("webhook-signature") !== null;
}

/**
 * `webhook-signature`: one or more "v1,<base64>" over "<id>.<seconds>.<body>". A secret that begins with "whsec_" is
 * the key in base64. The signed id stays the same when a delivery is tried again.
 */
export function proveStandard({ secret, headers, body, now }: Claim): Proof {
  const id = headers.get("webhook-id");
  const seconds = headers.get("webhook-timestamp");
  const signedAt = parseSeconds(seconds);
  const given = (headers.get("webhook-signature") ?? "").split(" ").filter((text) => text.startsWith("v1,"));
  if (!id || seconds === null || signedAt === undefined || given.length === 0) return refuse("malformed");
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : secret;
  // "whsec_" with nothing behind it is a key that everybody has.
  if (key.length === 0) return refuse("no-secret");
  const expected = `v1,${signWith(key, [`${id}.${seconds}.`, body], "base64")}`;
  if (!isAmong(expected, given)) return refuse("wrong");
  return isFresh(signedAt, now) ? { ok: true, mark: id } : refuse("old");
}
