import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isFresh, isSameSecret, isSignedBy, signWith } from "../../../channels/_shared/signature.ts";

describe("signatures", () => {
  const payload = '{"a":1}';
  const signature = createHmac("sha256", "key").update(payload).digest("hex");

  it("accepts the right signature in hex, in either case, and in base64", () => {
    expect(isSignedBy({ secret: "key", payload, signature })).toBe(true);
    expect(isSignedBy({ secret: "key", payload, signature: signature.toUpperCase() })).toBe(true);
    expect(
      isSignedBy({
        secret: "key",
        payload: Buffer.from(payload),
        signature: signWith("key", payload, "base64"),
        encoding: "base64",
      }),
    ).toBe(true);
  });

  it("refuses everything else", () => {
    for (const forged of [
      undefined,
      "",
      "00",
      signature.slice(1),
      `${signature}0`,
      signature.replace(/^./, (c) => (c === "0" ? "1" : "0")),
    ]) {
      expect(isSignedBy({ secret: "key", payload, signature: forged })).toBe(false);
    }
    expect(isSignedBy({ secret: "", payload, signature: signWith("", payload) })).toBe(false);
    expect(isSignedBy({ secret: "key", payload: `${payload} `, signature })).toBe(false);
  });

  it("compares secrets of different lengths without throwing", () => {
    expect(isSameSecret("abc", "abc")).toBe(true);
    expect(isSameSecret("abc", "ab")).toBe(false);
    expect(isSameSecret("", undefined)).toBe(false);
  });

  it("keeps the time window on both sides", () => {
    expect(isFresh(1_000, 1_000 + 300_000)).toBe(true);
    expect(isFresh(1_000, 1_001 + 300_000)).toBe(false);
    expect(isFresh(400_000, 1_000)).toBe(false);
    expect(isFresh(Number.NaN, 1_000)).toBe(false);
  });
});
