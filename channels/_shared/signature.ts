import { createHash, createHmac, timingSafeEqual } from "node:crypto";

export interface HmacCheck {
  readonly secret: string;
  /** The exact bytes that were signed. */
  readonly payload: string | Uint8Array;
  /** What the caller sent, without a prefix such as "sha256=". Undefined never matches. */
  readonly signature: string | undefined;
  readonly encoding?: "hex" | "base64";
}

/** Is it the HMAC-SHA256 of the payload? Constant time in the signature. An empty secret never matches. */
export function isSignedBy({ secret, payload, signature, encoding = "hex" }: HmacCheck): boolean {
  const expected = signWith(secret, payload, encoding);
  const isEqual = isSameSecret(expected, encoding === "hex" ? (signature ?? "").toLowerCase() : (signature ?? ""));
  return isEqual && secret !== "";
}

/** HMAC-SHA256 of the payload, for requests that we sign ourselves. */
export function signWith(secret: string, payload: string | Uint8Array, encoding: "hex" | "base64" = "hex"): string {
  return createHmac("sha256", secret).update(payload).digest(encoding);
}

/** Compares in a time that tells neither the content nor the length of either. */
export function isSameSecret(expected: string, given: string | undefined): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(expected), digest(given ?? "")) && given !== undefined;
}

/** Lies the signed time within the window around now, past or future? NaN does not. */
export function isFresh(signedAt: number, now: number, windowMs = 5 * 60_000): boolean {
  return Math.abs(now - signedAt) <= windowMs;
}
