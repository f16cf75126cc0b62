import { proveAuthorization } from "./authorization.ts";
import { type Claim, hashOf, isFresh, isSameText, parseSeconds, type Proof, refuse, signWith } from "./proof.ts";

/**
 * `X-Grafana-Alerting-Signature`: HMAC in hex of the body, or of "<seconds>:<body>" where the contact point names
 * X-Grafana-Alerting-Timestamp as its header for the time; leaving the header out makes the signature wrong. Without a
 * signature (before Grafana 12) it is the login of the contact point that counts. As with Alertmanager, the body is
 * the mark.
 */
export function proveGrafana(claim: Claim): Proof {
  const { secret, headers, body, now } = claim;
  const given = headers.get("x-grafana-alerting-signature");
  if (given === null) return proveAuthorization(claim, () => hashOf(body));
  const seconds = headers.get("x-grafana-alerting-timestamp");
  const signedAt = parseSeconds(seconds);
  if (!/^[0-9a-f]{64}$/i.test(given) || (seconds !== null && signedAt === undefined)) return refuse("malformed");
  const signed = seconds === null ? [body] : [`${seconds}:`, body];
  if (!isSameText(signWith(secret, signed), given.toLowerCase())) return refuse("wrong");
  return signedAt === undefined || isFresh(signedAt, now) ? { ok: true, mark: hashOf(body) } : refuse("old");
}
