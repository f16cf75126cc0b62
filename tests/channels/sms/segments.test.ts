import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countSegments, isGsm7, simplifyPunctuation } from "../../../channels/sms/segments.ts";

describe("segments", () => {
  it.each([
    ["", "GSM-7", 0, 0],
    ["x".repeat(160), "GSM-7", 160, 1],
    ["x".repeat(161), "GSM-7", 161, 2],
    ["x".repeat(306), "GSM-7", 306, 2],
    ["x".repeat(307), "GSM-7", 307, 3],
    ["x".repeat(1_530), "GSM-7", 1_530, 10],
    // Two septets each: 76 of them fill 152 of 153, and the last septet stays empty.
    ["€".repeat(80), "GSM-7", 160, 1],
    ["€".repeat(81), "GSM-7", 162, 2],
    ["€".repeat(152), "GSM-7", 304, 2],
    ["€".repeat(153), "GSM-7", 306, 3],
    [`${"x".repeat(152)}€${"x".repeat(151)}`, "GSM-7", 305, 2],
    [`${"x".repeat(152)}€${"x".repeat(152)}`, "GSM-7", 306, 3],
    ["Ж".repeat(70), "UCS-2", 70, 1],
    ["Ж".repeat(71), "UCS-2", 71, 2],
    ["Ж".repeat(134), "UCS-2", 134, 2],
    ["Ж".repeat(135), "UCS-2", 135, 3],
    // Two code units each: 33 of them fill 66 of 67.
    ["🙂".repeat(35), "UCS-2", 70, 1],
    ["🙂".repeat(36), "UCS-2", 72, 2],
    ["🙂".repeat(66), "UCS-2", 132, 2],
    ["🙂".repeat(67), "UCS-2", 134, 3],
    // One emoji turns all of it into UCS-2.
    [`${"x".repeat(159)}🙂`, "UCS-2", 161, 3],
    ["é ñ Ω { } [ ] ~ ^ | \\ €\n\r\f", "GSM-7", 36, 1],
    ["ç", "UCS-2", 1, 1],
    ["Ç", "GSM-7", 1, 1],
    ["`", "UCS-2", 1, 1],
  ])("are counted: case %#", (text, encoding, units, segments) => {
    expect(countSegments(text)).toEqual({ encoding, units, segments });
  });

  it("are as many as filling them one after the other makes", () => {
    const letter = fc.constantFrom("a", "€", "~", "é", "\n");
    fc.assert(
      fc.property(fc.array(letter, { maxLength: 700 }), (letters) => {
        const sizes = letters.map((each) => ("€~".includes(each) ? 2 : 1));
        const total = sizes.reduce((sum, size) => sum + size, 0);
        // Cut greedily, from the front, into heaps of at most 153.
        let heaps = 0;
        for (let rest = sizes; rest.length > 0; heaps += 1) {
          let used = 0;
          const end = rest.findIndex((size) => (used += size) > 153);
          rest = end < 0 ? [] : rest.slice(end);
        }
        expect(countSegments(letters.join(""))).toEqual({
          encoding: "GSM-7",
          units: total,
          segments: total === 0 ? 0 : total <= 160 ? 1 : heaps,
        });
      }),
    );
  });
});

describe("plain punctuation", () => {
  it("is used where it saves segments, and only there", () => {
    expect(simplifyPunctuation("“It’s – fine…”")).toBe('"It\'s - fine..."');
    expect(simplifyPunctuation("“It’s” Ж")).toBe("“It’s” Ж");
    expect(simplifyPunctuation("It's fine €")).toBe("It's fine €");
  });

  it("never makes a text that needs more", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "’", "…", "Ж", "🙂", "—", "€"), maxLength: 400 }), (text) => {
        const simple = simplifyPunctuation(text);
        expect(simple === text || isGsm7(simple)).toBe(true);
      }),
    );
  });
});
