import { listFeatures } from "../../src/cdc/asks/features.ts";
import type { AskWeights } from "../../src/cdc/asks/model.ts";
import { createWordClasses } from "../../src/cdc/asks/word-classes.ts";
import { trainLogistic } from "./logistic-regression.ts";

/** A sentence of the mail it is trained on. */
export interface Example {
  readonly text: string;
  readonly isYes: boolean;
}

/** A feature of fewer sentences says more about those sentences than about asking. */
const minSentences = 3;
const penalty = 5;
/** What fits into 200 KB; the rest weighs next to nothing. */
const maxFeatures = 26_000;

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
  for (const features of found) for (const feature of features) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  const chosen = [...counts].filter(([, count]) => count >= minSentences).map(([feature]) => feature);
  const numbers = new Map(chosen.map((feature, index) => [feature, index]));
  const rows = found.map((features, index) => ({
    features: Int32Array.from(features.flatMap((feature) => numbers.get(feature) ?? [])),
    isYes: examples[index]?.isYes === true,
  }));
  const weights = trainLogistic(rows, chosen.length, penalty);
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
  return { bias: weights.at(-1) ?? 0, unit, keys: keys.toString("base64"), values: values.toString("base64") };
}
