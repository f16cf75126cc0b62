import { type Claim, hashOf, isSameText, type Proof, refuse, signWith } from "./proof.ts";

/**
 * `X-Hub-Signature-256`: HMAC of the body; no time in it. The id in `X-GitHub-Delivery` is not signed, so that whoever
 * sends a recorded delivery again could change it: the body is the mark.
 */
export function proveGithub({ secret, headers, body }: Claim): Proof {
  const given = headers.get("x-hub-signature-256");
  if (given === null) return refuse("unsigned");
  if (!/^sha256=[0-9a-f]{64}$/i.test(given)) return refuse("malformed");
  const isRight = isSameText(`sha256=${signWith(secret, [body])}`, given.toLowerCase());
  return isRight ? { ok: true, mark: hashOf(body) } : refuse("wrong");
}
