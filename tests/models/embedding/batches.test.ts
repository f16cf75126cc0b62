import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planBatches } from "../../../src/models/embedding/batches.ts";
import { planCalls } from "../../../src/models/embedding/calls.ts";
import { pickUnitVector } from "../../../src/models/embedding/vectors.ts";

const lengths = fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 80 });
const countPadded = (batches: readonly (readonly number[])[], of: readonly number[]): number =>
  batches.reduce((sum, batch) => sum + batch.length * Math.max(...batch.map((index) => of[index] ?? 0)), 0);

describe("batches", () => {
  it("hold each text once and, padded, no more than the limit unless it is a single text", () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 2_000 }), (of, most) => {
        const batches = planBatches(of, most);
        expect(batches.flat().toSorted((a, b) => a - b)).toEqual(of.map((_, index) => index));
        for (const batch of batches) if (batch.length > 1) expect(countPadded([batch], of)).toBeLessThanOrEqual(most);
      }),
    );
  });

  it("begin with the shortest texts", () => {
    expect(planBatches([50, 3, 9, 4], 12)).toEqual([[1, 3], [2], [0]]);
  });

  it("hold less padding than another run for each text would cost", () => {
    fc.assert(
      fc.property(lengths, (of) => {
        const real = of.reduce((sum, length) => sum + length, 0);
        expect(countPadded(planBatches(of, 2_000), of) - real).toBeLessThanOrEqual(16 * of.length);
      }),
    );
  });

  it("compute a small part of the padding that chat messages need as they come", () => {
    // Mostly short, some long, as chats are: lengths from 4 to 403 tokens, in no order.
    const of = Array.from({ length: 300 }, (_, at) => 4 + Math.floor(400 * ((at * 0.618) % 1) ** 4));
    const real = of.reduce((sum, length) => sum + length, 0);
    const indexes = of.map((_, index) => index);
    const asTheyCome = Array.from({ length: 38 }, (_, at) => indexes.slice(at * 8, at * 8 + 8));
    const sorted = planBatches(of, 1_024);
    expect(countPadded(sorted, of) - real).toBeLessThan((countPadded(asTheyCome, of) - real) / 20);
    expect(sorted.length).toBeLessThan(of.length / 3);
  });
});

describe("calls to a provider", () => {
  it("hold the texts in their order, no more than the provider takes, none empty and none too long", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme", maxLength: 50 })),
        fc.integer({ min: 1, max: 9 }),
        (texts, most) => {
          const calls = planCalls(texts, most, "");
          expect(calls.flat()).toEqual(texts.map((text) => text || " "));
          for (const call of calls) expect(call.length).toBeLessThanOrEqual(most);
        },
      ),
    );
  });

  it("cut a long text at a character, after its prefix", () => {
    const [[text = ""] = []] = planCalls(["😀".repeat(10_000)], 10, "query: ");
    expect(text).toMatch(/^query: (😀)+$/u);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(16_000);
    expect(Buffer.byteLength(text)).toBeGreaterThan(15_990);
  });

  it("stay below the size of a request", () => {
    const calls = planCalls(
      Array.from({ length: 40 }, () => "x".repeat(16_000)),
      2_048,
      "",
    );
    expect(calls.map((call) => call.length)).toEqual([15, 15, 10]);
  });
});

describe("a vector", () => {
  it("is cut and then made one long", () => {
    const numbers = fc.array(fc.double({ noNaN: true, min: -100, max: 100 }), { minLength: 4, maxLength: 40 });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 4 }), (vector, dimensions) => {
        fc.pre(Math.hypot(...vector.slice(0, dimensions)) > 1e-3);
        const unit = pickUnitVector(vector, dimensions, "near");
        expect(unit).toHaveLength(dimensions);
        expect(Math.hypot(...unit)).toBeCloseTo(1, 4);
        const scale = (vector[0] ?? 0) / Math.hypot(...vector.slice(0, dimensions));
        expect(unit[0]).toBeCloseTo(scale, 4);
      }),
    );
  });

  it.each([[[0, 0]], [[Number.NaN, 1]], [[Infinity, 1]]])("is refused when it points nowhere: %j", (vector) => {
    expect(() => pickUnitVector(vector, 2, "near")).toThrow(/points nowhere/);
  });
});
