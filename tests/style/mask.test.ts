import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskText, masks } from "../../src/style/mask.ts";

describe("masking", () => {
  it.each([
    ["see https://example.org/a?b=c there", `see ${masks.url} there`],
    ["write to anna@example.org", `write to ${masks.url}`],
    ["run `rm -rf /` now", `run ${masks.code} now`],
    ["so:\n```\ncode here\n```\nok", `so:\n${masks.code}\nok`],
    ["> you said\n> this\nyes I did", "yes I did"],
    ["fine\n\n-- \nAnna Miller\nExample Ltd", "fine"],
    ["see below\n\n---------- Forwarded message ---------\nFrom: Bob", "see below"],
    ["ok\n\nOn Mon, 2 Mar 2026 Bob wrote:\n> hello", "ok"],
    ["gut\n\nAm 2. März 2026 schrieb Bob:\n> hallo", "gut"],
    ["yes\nSent from my phone", "yes"],
    ["-- \nonly a signature", ""],
  ])("of %j", (text, masked) => {
    expect(maskText(text)).toBe(masked);
  });

  it("never throws, and never grows a text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        expect(maskText(text).length).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  it.each(["> ", "`", "```\n", "a@", "www.", "-- \n", "-".repeat(50), "on ", "From: x\n", "\n", " ", "https://"])(
    "takes a megabyte of %j in the time of its first 6,000 characters",
    (part) => {
      expect(maskText(part.repeat(1_000_000 / part.length)).length).toBeLessThanOrEqual(6_000);
    },
  );
});
