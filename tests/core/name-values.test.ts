import fc from "fast-check";
import { expect, it } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import { parseNameValues, splitWords } from "../../src/core/name-values.ts";

const name = fc.stringMatching(/^[a-z][a-zA-Z0-9_]{0,8}$/);

it("reads back whatever was written with quotes", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, fc.string()), { selector: ([one]) => one, maxLength: 5 }), (pairs) => {
      const text = pairs.map(([key, value]) => `${key}="${value.replaceAll(/(["\\])/g, "\\$1")}"`).join("  ");
      expect(parseNameValues(splitWords(text))).toEqual(Object.fromEntries(pairs));
    }),
  );
});

it("splits at spaces outside of quotes, and leaves a lone quote as it is", () => {
  expect(splitWords(`a  b='c d' e="f \\"g\\"" it's`)).toEqual(["a", "b=c d", 'e=f "g"', "it's"]);
  expect(splitWords('x={"a":1}')).toEqual(["x={a:1}"]);
  expect(splitWords(`x='{"a": 1}'`)).toEqual(['x={"a": 1}']);
  expect(splitWords(" ")).toEqual([]);
});

it("ends in good time and in words of ours, whatever is said", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom('"'.repeat(20_000), '"\\'.repeat(4_000))), (text) => {
      try {
        parseNameValues(splitWords(text));
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }),
  );
  expect(() => parseNameValues(["a=1", "a=2"])).toThrow('"a" is said twice');
  expect(() => parseNameValues(["=1"])).toThrow("is not an input");
});
