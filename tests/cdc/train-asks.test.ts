import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExamples, trainAsks } from "../../scripts/asks/train.ts";
import { listFeatures } from "../../src/cdc/asks/features.ts";
import { createAskModel } from "../../src/cdc/asks/model.ts";
import { createWordClasses } from "../../src/cdc/asks/word-classes.ts";
import { splitByLikeness, splitEvenly } from "../bench/judgement/folds.ts";
import { scoreAnswers } from "../bench/judgement/score.ts";

const things = ["the report", "the keys", "a photo", "our plan", "the bill", "that file"];
const file = things
  .flatMap((thing) => [
    `Yes\tCould you send me ${thing}?`,
    `Yes\tPlease bring ${thing} tomorrow.`,
    `No\tShe has sent ${thing} to the office.`,
    `No\tWe found ${thing} yesterday.`,
  ])
  .join("\n");

describe("training", () => {
  const examples = parseExamples(`${file}\nthis is no example\n`);

  it("gives the same weights for the same sentences", () => {
    expect(examples).toHaveLength(24);
    expect(trainAsks(examples)).toEqual(trainAsks(examples));
  });

  it("learns what carries over to other things", () => {
    const rate = createAskModel(trainAsks(examples));
    expect(rate("Could you send me the ladder?")).toBeGreaterThan(0.7);
    expect(rate("She has sent the ladder to the office.")).toBeLessThan(0.3);
    const mirrored = createAskModel(trainAsks(examples.map(({ text, isYes }) => ({ text, isYes: !isYes }))));
    expect(mirrored("Could you send me the ladder?")).toBeLessThan(0.3);
  });
});

describe("features", () => {
  it("weigh as much together in a long text as in a short one", () => {
    const findClass = createWordClasses();
    const words = fc.constantFrom(
      "could",
      "you",
      "please",
      "send",
      "it",
      "?",
      "Anna",
      ",",
      ".",
      "17:30",
      "éa",
      "$LINK",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(words).map((each) => each.join(" ")),
          fc.string(),
        ),
        (text) => {
          const squares = listFeatures(text, findClass)
            .values()
            .reduce((sum, part) => sum + part * part, 0);
          expect(squares).toBeCloseTo(1, 9);
        },
      ),
    );
  });
});

describe("the weights as shipped", () => {
  it("take less than 300 KB, and give chances whatever the text", () => {
    const path = fileURLToPath(new URL("../../src/cdc/asks/weights.json", import.meta.url));
    expect(statSync(path).size).toBeLessThan(300_000);
    const rate = createAskModel();
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        expect(rate(text)).toBeGreaterThan(0);
        expect(rate(text)).toBeLessThan(1);
      }),
    );
  });
});

describe("measuring", () => {
  it("puts each sentence into one fold, the same every time, and like ones together", () => {
    const fold = splitEvenly(1_000, 5);
    expect(splitEvenly(1_000, 5)).toEqual(fold);
    for (let index = 0; index < 5; index++) expect(fold.filter((one) => one === index).length).toBeGreaterThan(150);
    const texts = Array.from(
      { length: 40 },
      (_, index) => `mail number ${"abcdefghijklmnopqrst"[index % 20]} says so and so ${index % 20}`,
    );
    const unlike = Array.from(
      { length: 40 },
      (_, index) => `${"x".repeat(index + 1)} ${"y".repeat(index + 1)} ${"z".repeat((index % 20) + 1)}`,
    );
    expect(new Set(splitByLikeness(unlike, 5)).size).toBe(5);
    const like = splitByLikeness([...texts.slice(0, 3), ...unlike], 5);
    expect(new Set(like.slice(0, 3)).size).toBe(1);
  });

  it("counts what was right", () => {
    const answers = [
      { wanted: true, said: true },
      { wanted: true, said: false },
      { wanted: false, said: true },
      { wanted: false, said: true },
      { wanted: false, said: false },
    ];
    const { precision, recall, f1 } = scoreAnswers(answers);
    expect([precision, recall, f1]).toEqual([1 / 3, 1 / 2, 2 / 5]);
  });
});
