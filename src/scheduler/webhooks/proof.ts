import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** The headers of a request, found whatever the case of their names; `Headers` is one. */
export interface RequestHeaders {
  get(name: string): string | null;
}

/** What a sender's scheme looks at. */
export interface Claim {
  readonly secret: string;
  readonly headers: RequestHeaders;
  /** The exact bytes that came in. */
  readonly body: Uint8Array;
  readonly now: number;
}

/**
 * "unsigned": it carries no proof; "malformed": the proof or the body is not what the sender writes; "wrong": the proof
 * is not made with our secret; "old": made with it, more than five minutes away from our clock; "no-secret": we have none.
 */
export type RefusalReason = "unsigned" | "malformed" | "wrong" | "old" | "no-secret";

export type Proof =
  /** `mark` is the same for the same delivery, also when it is sent again, and covered by the proof where it can be. */
  { readonly ok: true; readonly mark: string } | { readonly ok: false; readonly reason: RefusalReason };

export const freshMs = 5 * 60_000;

export function refuse(reason: RefusalReason): Proof {
  return { ok: false, reason };
}

export function signWith(
  key: string | Uint8Array,
  parts: ReadonlyArray<string | Uint8Array>,
  encoding: "hex" | "base64" = "hex",
): string {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest(encoding);
}

/** Compares in a time that tells neither the content nor the length of the expected text. */
export function isSameText(expected: string, given: string): boolean {
  return timingSafeEqual(createHash("sha256").update(expected).digest(), createHash("sha256").update(given).digest());
}

/** Compares with all of them, however soon one matches. */
export function isAmong(expected: string, given: readonly string[]): boolean {
  return given.map((text) => isSameText(expected, text)).some(Boolean);
}

export function hashOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Seconds since 1970 as they are in a header; undefined for anything else. */
export function parseSeconds(text: string | null | undefined): number | undefined {
  return text != null && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

/** Past or future: neither clock is perfect. */
export function isFresh(signedAtSeconds: number, now: number): boolean {
  return Math.abs(now - signedAtSeconds * 1000) <= freshMs;
}
