import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createExpressions } from "../../../src/scheduler/language/expression.ts";
import { parseTemplate } from "../../../src/scheduler/language/template.ts";
import { fromCel, toCel } from "../../../src/scheduler/language/values.ts";
import { formatDuration, parseDuration } from "../../../src/scheduler/language/duration.ts";

const expressions = createExpressions();
const variables = {
  inputs: { count: 5, price: 1.5, names: ["a", "b"], text: "hello", nested: { deep: [{ x: 1 }] } },
  trigger: {},
  now: new Date(Date.UTC(2026, 0, 5, 9)),
};
const value = (expression: string) => expressions.evaluate(expression, variables);

describe("expressions", () => {
  it.each([
    ["inputs.count + 1", 6],
    ["inputs.count * inputs.price", 7.5],
    ["inputs.count / 2", 2],
    ["inputs.count / 2.0", 2.5],
    ["inputs.count > 4 && inputs.price < 2.0", true],
    ['inputs.names.map(n, n + "!").join(", ")', "a!, b!"],
    ["inputs.nested.deep[0].x", 1],
    ['inputs.?missing.orValue("none")', "none"],
    ["has(trigger.issue)", false],
    ['day(now, "Europe/Berlin") + " " + clock(now, "Europe/Berlin")', "2026-01-05 10:00"],
    ['now + duration("1h")', "2026-01-05T10:00:00.000Z"],
    ["json(inputs.nested)", '{"deep":[{"x":1}]}'],
    ["parseJson('{\"a\": [1]}').a[0]", 1],
    ['parseJson("nonsense")', null],
    ["text(inputs.count) + text(null) + text(inputs.names)", '5["a","b"]'],
    ["cut(inputs.text, 2)", "he"],
    ["first(inputs.names, 1)", ["a"]],
    ['{"a": inputs.count, "b": [1, "x"]}', { a: 5, b: [1, "x"] }],
  ])("%s", (expression, wanted) => {
    expect(value(expression)).toEqual(wanted);
  });

  it("say what is missing and what to do about it", () => {
    expect(() => value("trigger.issue.title")).toThrow(
      expect.objectContaining({
        code: "bad-input",
        message: 'The expression "trigger.issue.title" has no value: No such key: issue.',
        hint: expect.stringContaining("has(x.y)"),
      }),
    );
  });

  it.each([
    "inputs.constructor",
    "inputs.__proto__",
    'inputs["toString"]',
    "trigger.hasOwnProperty",
    "inputs.names.length",
  ])("see data only, never what lies behind it: %s", (expression) => {
    expect(() => value(expression)).toThrow(expect.objectContaining({ code: "bad-input" }));
  });

  it("fill templates at any depth, and keep the type of what is one expression", () => {
    const template = { a: "{{ inputs.names }}", b: ["{{ inputs.count }} of {{ inputs.names }}"], c: 3, d: "plain" };
    const { fill } = expressions;
    expect(fill(template, variables)).toEqual({
      a: ["a", "b"],
      b: ['5 of ["a","b"]'],
      c: 3,
      d: "plain",
    });
  });

  it("are bounded in what they give", () => {
    const long = { ...variables, inputs: { text: "x".repeat(200_000) } };
    expect(() => expressions.evaluate("inputs.text + inputs.text", long)).toThrow(
      expect.objectContaining({ code: "too-large" }),
    );
  });

  it.each([
    'inputs.list.map(a, inputs.list.map(b, inputs.text).join("")).size()',
    "inputs.list.all(a, inputs.list.all(b, !inputs.text.contains(b)))",
    "inputs.list.map(a, inputs.list + inputs.list).map(b, b + b).map(c, c + c).map(d, d + d).map(e, e + e).size()",
    "inputs.list.map(a, inputs.list.map(b, inputs.list))",
    "inputs.list.map(a, json(inputs)).size()",
    "inputs.list.filter(a, inputs.list.filter(b, inputs.text == inputs.text + a).size() > 0)",
  ])("are bounded in what they do: %s", (expression) => {
    const list = Array.from({ length: 1_000 }).map((_, index) => `item ${index}`);
    const large = { ...variables, inputs: { list, text: "x".repeat(100_000) } };
    const beganAt = performance.now();
    expect(() => expressions.evaluate(expression, large)).toThrow(/does more than|larger than/);
    expect(performance.now() - beganAt).toBeLessThan(5_000);
  });

  it("may loop over long lists within each other", () => {
    const list = Array.from({ length: 300 }, (_, index) => index);
    const counted = expressions.evaluate("inputs.list.filter(a, inputs.list.exists(b, b == a + 1)).size()", {
      inputs: { list },
    });
    expect(counted).toBe(299);
  });

  it("mean the same when their costs are counted", () => {
    for (const [expression, wanted] of [
      ['(1 + 2) * 3 == 9 && !("a" in ["b"])', true],
      ["-(1 + 2)", -3],
      ['has(inputs.nested.deep) ? "a" + "b" : "c"', "ab"],
      ['inputs.names.map(n, n.size() > 0, n + "x")', ["ax", "bx"]],
      ['{"k": [1, 2 + 3]}.k[1]', 5],
      ['inputs.?nope.?x.orValue("none") + "!"', "none!"],
      ['("a\\n" + "\\"").size()', 3],
      ['timestamp("2026-01-01T00:00:00Z") + duration("1h") > now', false],
      ['["b", "a"].join()', "ba"],
      ["inputs.names == inputs.names", true],
    ] as const)
      expect(value(expression), expression).toEqual(wanted);
  });

  it("take braces and quotes as their own", () => {
    const template = `{{ {"a": {"b": "}}"}} }} and {{ "{{" }}`;
    expect(expressions.fillText(template, variables)).toBe('{"a":{"b":"}}"}} and {{');
  });
});

describe("templates", () => {
  it("never throw, and put together give what they were made of", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("{", "}", '"', "'", "\\", "a", " ") }), (text) => {
        const { parts } = parseTemplate(text);
        const squeeze = (one: string) => one.replaceAll(/\s/g, "");
        if (parts === undefined) return;
        const again = parts.map((part) => (part.kind === "text" ? part.text : `{{${part.text}}}`)).join("");
        expect(squeeze(again)).toBe(squeeze(text));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("values", () => {
  it("come back from the expression language as they went in", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const plain = JSON.parse(JSON.stringify(json)) as unknown;
        expect(fromCel(toCel(plain))).toEqual(plain);
      }),
    );
  });
});

describe("durations", () => {
  it.each([
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["2d", 172_800_000],
    ["1.5h", 5_400_000],
    ["0s", 0],
    ["500ms", 500],
  ])("%s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
  it.each(["", "10", "10 minutes", "-1h", "1y", "9999d", "1h30"])("not %s", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
  it("are said in their two largest units", () => {
    expect([0, 90_000, 5_400_000, 90_061_000].map(formatDuration)).toEqual(["0s", "1m 30s", "1h 30m", "1d 1h"]);
  });
});
