import { proveAuthorization } from "./authorization.ts";
import {
  type Claim,
  freshMs,
  hashOf,
  isFresh,
  isSameText,
  parseSeconds,
  type Proof,
  refuse,
  signWith,
} from "./proof.ts";
import { isStandard, proveStandard } from "./standard.ts";

/**
 * Our own: `X-Parlance-Signature` is "v1=<hex>" over "<seconds>.<body>", with the seconds in `X-Parlance-Timestamp`, as
 * the webhook channel has it. Senders that keep to Standard Webhooks need nothing of ours.
 */
export function proveHmac(claim: Claim): Proof {
  if (isStandard(claim)) return proveStandard(claim);
  const { secret, headers, body, now } = claim;
  const given = headers.get("x-parlance-signature");
  if (given === null) return refuse("unsigned");
  const seconds = headers.get("x-parlance-timestamp");
  const signedAt = parseSeconds(seconds);
  if (signedAt === undefined || !/^v1=[0-9a-f]{64}$/i.test(given)) return refuse("malformed");
  if (!isSameText(`v1=${signWith(secret, [`${seconds}.`, body])}`, given.toLowerCase())) return refuse("wrong");
  return isFresh(signedAt, now) ? { ok: true, mark: given.toLowerCase() } : refuse("old");
}

/**
 * The secret alone. Who names no `Idempotency-Key` is taken to mean the same delivery by the same body within the same
 * five minutes: a client that tries again, rather than a person who wants it twice.
 */
export function proveBearer(claim: Claim): Proof {
  const { headers, body, now } = claim;
  return proveAuthorization(
    claim,
    () => headers.get("idempotency-key") ?? `${Math.floor(now / freshMs)} ${hashOf(body)}`,
  );
}
