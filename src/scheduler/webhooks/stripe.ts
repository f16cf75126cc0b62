import { type Claim, hashOf, isAmong, isFresh, parseSeconds, type Proof, refuse, signWith } from "./proof.ts";

/** While a secret is exchanged there is a signature for each; more than these nobody sends. */
const maxSignatures = 10;

/** `Stripe-Signature`: "t=<seconds>,v1=<hex>", several v1 while a secret is exchanged; over "<seconds>.<body>". */
export function proveStripe({ secret, headers, body, now }: Claim): Proof {
  const header = headers.get("stripe-signature");
  if (header === null) return refuse("unsigned");
  const pairs = header.split(",").map((pair) => pair.trim().split("=", 2) as [string, string?]);
  const seconds = pairs.find(([name]) => name === "t")?.[1];
  const given = pairs.flatMap(([name, value = ""]) => (name === "v1" ? [value.toLowerCase()] : []));
  const signedAt = parseSeconds(seconds);
  if (signedAt === undefined || given.length === 0 || given.length > maxSignatures) return refuse("malformed");
  if (!isAmong(signWith(secret, [`${seconds}.`, body]), given)) return refuse("wrong");
  // The body holds the event's id, and is the same when Stripe tries again with a new time and signature.
  return isFresh(signedAt, now) ? { ok: true, mark: hashOf(body) } : refuse("old");
}
