import { listFeatures } from "../../src/cdc/asks/features.ts";
import type { AskWeights } from "../../src/cdc/asks/model.ts";
import { createWordClasses } from "../../src/cdc/asks/word-classes.ts";
import { scoreRow, trainLinear, type Row } from "./linear-model.ts";

/** A sentence of the mail it is trained on. */
export interface Example {
  readonly text: string;
  readonly isYes: boolean;
}

/** A feature of fewer sentences says more about those sentences than about asking. */
const minSentences = 3;
const penalty = 1.25;
const innerFolds = 3;
/** What fits into 280 KB; the rest weighs next to nothing. */
const maxFeatures = 42_000;

/** Lines of "Yes" or "No", a tab, and the sentence. */
export function parseExamples(text: string): readonly Example[] {
  return text
    .split(/\r?\n/)
    .filter((line) => /^(?:Yes|No)\t/.test(line))
    .map((line) => ({ text: line.slice(line.indexOf("\t") + 1), isYes: line.startsWith("Yes") }));
}

/** Features are chosen, weighed and cut from the examples alone. */
export function trainAsks(examples: readonly Example[]): AskWeights {
  const findClass = createWordClasses();
  const found = examples.map(({ text }) => [...listFeatures(text, findClass)]);
  const counts = new Map<number, number>();
  for (const features of found) for (const [feature] of features) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  const chosen = [...counts].filter(([, count]) => count >= minSentences).map(([feature]) => feature);
  const numbers = new Map(chosen.map((feature, index) => [feature, index]));
  const rows = found.map((features, index): Row => {
    const known = features.filter(([feature]) => numbers.has(feature));
    return {
      features: Int32Array.from(known, ([feature]) => numbers.get(feature) ?? 0),
      parts: Float64Array.from(known, ([, part]) => part),
      isYes: examples[index]?.isYes === true,
    };
  });
  const { slope, shift } = calibrate(rows, chosen.length);
  const weights = trainLinear(rows, chosen.length, penalty).map((weight) => weight * slope);
  const unit = Math.max(...weights.subarray(0, chosen.length).map(Math.abs)) / 127;
  const kept = chosen
    .map((feature, index) => ({ feature, value: Math.round((weights[index] ?? 0) / unit) }))
    .filter(({ value }) => value !== 0)
    .toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value) || a.feature - b.feature)
    .slice(0, maxFeatures);
  const keys = Buffer.alloc(kept.length * 4);
  const values = Buffer.alloc(kept.length);
  kept.forEach(({ feature, value }, index) => {
    keys.writeUInt32LE(feature, index * 4);
    values.writeInt8(value, index);
  });
  return {
    bias: (weights.at(-1) ?? 0) + shift,
    unit,
    keys: keys.toString("base64"),
    values: values.toString("base64"),
  };
}

/** Turns scores into chances (Platt, 1999), by what models say of sentences that they were not trained on. */
function calibrate(rows: readonly Row[], size: number): { readonly slope: number; readonly shift: number } {
  const scored: Row[] = [];
  for (let fold = 0; fold < innerFolds; fold++) {
    const weights = trainLinear(
      rows.filter((_, index) => index % innerFolds !== fold),
      size,
      penalty,
    );
    rows.forEach((row, index) => {
      if (index % innerFolds === fold) scored.push({ ...row, parts: Float64Array.of(scoreRow(row, weights)) });
    });
  }
  let [slope, shift] = [2, 0];
  // Newton's method on two numbers: a dozen steps are more than it takes.
  for (let step = 0; step < 12; step++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 1e-6, 0, 1e-6];
    for (const { parts, isYes } of scored) {
      const score = parts[0] ?? 0;
      const chance = 1 / (1 + Math.exp(-(slope * score + shift)));
      const miss = chance - (isYes ? 1 : 0);
      const spread = chance * (1 - chance);
      g0 += miss * score;
      g1 += miss;
      h00 += spread * score * score;
      h01 += spread * score;
      h11 += spread;
    }
    const determinant = h00 * h11 - h01 * h01;
    slope -= (h11 * g0 - h01 * g1) / determinant;
    shift -= (h00 * g1 - h01 * g0) / determinant;
  }
  return { slope, shift };
}
