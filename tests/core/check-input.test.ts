import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkInput } from "../../src/core/check-input.ts";

const schema = {
  type: "object",
  properties: {
    url: { type: "string", minLength: 3, maxLength: 10 },
    limit: { type: "integer", minimum: 1, maximum: 5 },
    unit: { enum: ["day", "hour"] },
    tags: { type: "array", maxItems: 2, items: { type: "string" } },
    note: { anyOf: [{ type: "string" }, { type: "null" }] },
    deep: {
      type: "object",
      properties: { on: { type: "boolean" } },
      required: ["on"],
      additionalProperties: false,
    },
  },
  required: ["url"],
  additionalProperties: false,
};

describe("checkInput", () => {
  it.each([
    [{ url: "abc" }],
    [{ url: "abc", limit: 5, unit: "day", tags: ["a", "b"], note: null, deep: { on: true } }],
  ])("accepts %j", (input) => {
    expect(checkInput(schema, input)).toBeUndefined();
  });

  it.each([
    [undefined, "The input must be an object."],
    [[], "The input must be an object."],
    [{}, `"url" is required.`],
    [{ url: 3 }, `"url" must be a text.`],
    [{ url: "ab" }, `"url" must have at least 3 characters.`],
    [{ url: "x".repeat(11) }, `"url" must have at most 10 characters, not 11.`],
    [{ url: "abc", limit: 1.5 }, `"limit" must be a whole number.`],
    [{ url: "abc", limit: 0 }, `"limit" must be at least 1.`],
    [{ url: "abc", limit: 6 }, `"limit" must be at most 5.`],
    [{ url: "abc", unit: "year" }, `"unit" must be one of "day", "hour".`],
    [{ url: "abc", tags: ["a", 1] }, `"tags[1]" must be a text.`],
    [{ url: "abc", tags: ["a", "b", "c"] }, `"tags" must have at most 2 items, not 3.`],
    [{ url: "abc", note: 1 }, `"note" must be a text.`],
    [{ url: "abc", deep: {} }, `"deep.on" is required.`],
    [{ url: "abc", deep: { on: "yes" } }, `"deep.on" must be true or false.`],
    [{ url: "abc", extra: 1 }, `The input has no field "extra"; it has url, limit, unit, tags, note, deep.`],
    [
      JSON.parse('{"url":"abc","__proto__":1}'),
      `The input has no field "__proto__"; it has url, limit, unit, tags, note, deep.`,
    ],
  ])("refuses %j", (input, message) => {
    expect(checkInput(schema, input)).toBe(message);
  });

  it("names every missing field, and five faults at most", () => {
    const many = { type: "object", required: ["a", "b", "c", "d", "e", "f", "g"] };
    expect(checkInput(many, {})).toMatch(/^"a" is required\..*"e" is required\. And 2 more\.$/);
  });

  it("never throws, whatever schema and input", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(schema), "items", "anyOf", "enum"), fc.anything()),
        fc.anything(),
        (any, input) => {
          checkInput(any, input);
        },
      ),
    );
  });
});
