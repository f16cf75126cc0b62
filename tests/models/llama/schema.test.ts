import { describe, expect, it } from "vitest";
import { dropNulls, formatGrammarSchema } from "../../../src/models/llama/schema.ts";

const any = {
  oneOf: [
    { type: ["string", "number", "boolean", "null"] },
    { type: "object", additionalProperties: true },
    { type: "array" },
  ],
};

describe("a schema for the engine's grammars", () => {
  it("keeps what they know, and lets optional fields be null", () => {
    expect(
      formatGrammarSchema({
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        properties: {
          query: { type: "string", minLength: 1, maxLength: 50_000, description: "What to look for." },
          limit: { type: "integer", minimum: 1 },
          kind: { enum: ["a", "b"] },
          at: { type: "string", format: "date" },
          mail: { type: "string", format: "email" },
          tags: { type: "array", items: { type: "string" }, maxItems: 3 },
        },
        required: ["query", "kind", "at", "mail", "tags"],
        additionalProperties: false,
      }),
    ).toEqual({
      type: "object",
      properties: {
        query: { type: "string", minLength: 1, description: "What to look for." },
        limit: { oneOf: [{ type: "integer" }, { type: "null" }] },
        kind: { enum: ["a", "b"] },
        at: { type: "string", format: "date" },
        mail: { type: "string" },
        tags: { type: "array", items: { type: "string" }, maxItems: 3 },
      },
      additionalProperties: false,
    });
  });

  it("reads alternatives, lists of types, references and merged parts", () => {
    expect(formatGrammarSchema({ anyOf: [{ type: "string" }, { const: 1 }] })).toEqual({
      oneOf: [{ type: "string" }, { const: 1 }],
    });
    expect(formatGrammarSchema({ type: ["string", "null"] })).toEqual({
      oneOf: [{ type: "string" }, { type: "null" }],
    });
    expect(
      formatGrammarSchema({
        definitions: { node: { type: "object", properties: { next: { $ref: "#/definitions/node" } } } },
        $ref: "#/definitions/node",
      }),
    ).toEqual({
      $ref: "#/$defs/node",
      $defs: {
        node: {
          type: "object",
          properties: { next: { oneOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
          additionalProperties: false,
        },
      },
    });
    expect(
      formatGrammarSchema({
        allOf: [
          { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
          { properties: { b: { type: "null" } } },
        ],
      }),
    ).toEqual({
      type: "object",
      properties: { a: { type: "string" }, b: { type: "null" } },
      additionalProperties: false,
    });
  });

  it("leaves open what it cannot say", () => {
    expect(formatGrammarSchema({})).toEqual(any);
    expect(formatGrammarSchema({ $ref: "#/elsewhere" })).toEqual(any);
    expect(formatGrammarSchema({ const: { a: 1 } })).toEqual(any);
    expect(formatGrammarSchema({ type: "object" })).toMatchObject({ type: "object", additionalProperties: true });
  });
});

describe("what a model filled in", () => {
  const schema = {
    type: "object",
    properties: {
      a: { type: "string" },
      b: { type: ["string", "null"] },
      c: { type: "null" },
      list: { type: "array", items: { type: "object", properties: { d: { type: "number" } } } },
      node: { $ref: "#/$defs/node" },
    },
    $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } },
  };

  it("loses the nulls of optional fields, and no others", () => {
    expect(
      dropNulls(schema, {
        a: null,
        b: null,
        c: null,
        list: [{ d: null }, { d: 1 }],
        node: { next: { next: null } },
        z: null,
      }),
    ).toEqual({ b: null, c: null, list: [{}, { d: 1 }], node: { next: {} }, z: null });
    expect(dropNulls({ ...schema, required: ["a"] }, { a: null })).toEqual({ a: null });
    expect(dropNulls({}, "text")).toBe("text");
  });
});
