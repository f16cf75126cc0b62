import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCalculator } from "../../src/tools/basics/calculator.ts";
import { evaluateExpression, formatNumber } from "../../src/tools/basics/expression.ts";
import { testTool } from "../contracts/tool.ts";

testTool("calculator", {
  create: createCalculator,
  good: [{ expression: "1 + 1" }],
  refused: [
    { expression: "1 +" },
    { expression: "1/0" },
    { expression: "process.exit()" },
    { expression: "(".repeat(1000) },
  ],
});

describe("evaluateExpression", () => {
  it.each([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["2 - 3 - 4", -5],
    ["100 / 10 / 2", 5],
    ["2 ^ 3 ^ 2", 512],
    ["2 ** 10", 1024],
    ["-2 ^ 2", -4],
    ["(-2) ^ 2", 4],
    ["2 ^ -1", 0.5],
    ["--3", 3],
    ["7 % 4 * 2", 6],
    ["-7 % 4", -3],
    [".5 + 1.", 1.5],
    ["1e3 + 2.5E-1", 1000.25],
    ["6 × 7 ÷ 2 − 1", 20],
    ["sqrt(16) + abs(-3) + max(1, 2, 3) + min(4, 5)", 14],
    ["ln(e) + log(1000) + log2(8)", 7],
    ["round(2.5) + round(-2.5) + floor(-0.5) + ceil(0.2)", 0],
    ["round(1.005, 2)", 1.01],
    ["round(1234.5, -2)", 1200],
    ["round(0.0000001)", 0],
    ["cos(PI)", -1],
  ])("%s is %d", (text, value) => {
    expect(evaluateExpression(text)).toBeCloseTo(value, 12);
  });

  it.each([
    "",
    "  ",
    "1 +",
    "* 2",
    "1 2",
    "2pi",
    "(1",
    "1)",
    "1..2",
    "3²",
    "2½",
    "1_000",
    "constructor",
    "__proto__",
    "toString()",
    "abs",
    "abs()",
    "abs(1, 2)",
    "x = 1",
    "1;2",
    "sqrt(-1)",
    "0/0",
    "1 % 0",
    "10 ^ 999",
    "a[0]",
    "`1`",
  ])("refuses %j", (text) => {
    expect(() => evaluateExpression(text)).toThrow(expect.objectContaining({ code: "bad-input" }));
  });

  // A tree is written out with as few parentheses as the grammar needs, and worked out here by itself.
  type Tree = { readonly text: string; readonly value: number; readonly rank: number };
  const leaf = fc.nat(99).map((value): Tree => ({ text: String(value), value, rank: 5 }));
  const wrap = (tree: Tree, least: number) => (tree.rank >= least ? tree.text : `(${tree.text})`);
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc
        .tuple(fc.constantFrom("+", "-", "*", "/", "%", "^", "neg"), tie("tree"), tie("tree"), fc.constantFrom("", " "))
        .map(([sign, a, b, space]): Tree => {
          const between = `${space}${sign}${space}`;
          switch (sign) {
            case "+":
              return { text: wrap(a, 1) + between + wrap(b, 2), value: a.value + b.value, rank: 1 };
            case "-":
              return { text: wrap(a, 1) + between + wrap(b, 2), value: a.value - b.value, rank: 1 };
            case "*":
              return { text: wrap(a, 2) + between + wrap(b, 3), value: a.value * b.value, rank: 2 };
            case "/":
              return { text: wrap(a, 2) + between + wrap(b, 3), value: a.value / b.value, rank: 2 };
            case "%":
              return { text: wrap(a, 2) + between + wrap(b, 3), value: a.value % b.value, rank: 2 };
            case "^":
              return {
                text: wrap(a, 5) + between + wrap(b, 3),
                value: a.value ** b.value,
                rank: 4,
              };
            default:
              return { text: `-${wrap(a, 3)}`, value: -a.value, rank: 3 };
          }
        }),
    ),
  }));

  it("agrees with the tree the expression was written from", () => {
    let worked = 0;
    fc.assert(
      fc.property(tree, ({ text, value }) => {
        try {
          const result = evaluateExpression(text);
          expect(result).toBe(value);
          worked += 1;
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-input" }); // a zero divisor may also vanish in the reference
          expect(Number.isFinite(value) && !/[/%]/.test(text)).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
    expect(worked).toBeGreaterThan(500);
  });

  it("never answers unknown text with anything but an AppError or a finite number", () => {
    const soup = fc.array(fc.constantFrom(..."0123456789.+-*/%^(), abcexpi".split(""), "sqrt(", "max("), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          soup.map((pieces) => pieces.join("")),
          fc.string(),
        ),
        (text) => {
          try {
            expect(Number.isFinite(evaluateExpression(text))).toBe(true);
          } catch (error) {
            expect(error).toMatchObject({ code: "bad-input" });
          }
        },
      ),
    );
  });
});

describe("formatNumber", () => {
  it.each([
    [0.1 + 0.2, "0.3"],
    [-0, "0"],
    [1e21, "1e+21"],
    [123456789.125, "123456789.125"],
  ])("%d as %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});
