import { rankingWeights, type RankingWeights } from "../../../src/memory/ranking/weights.ts";
import type { Dialogue } from "./dialogues.ts";
import { searchRanked } from "./methods.ts";
import { mean, scoreSearch, type Row } from "./score.ts";

/** One weight changed at a time, down and up; the first are the weights as they are. */
const variants: ReadonlyArray<Partial<RankingWeights>> = [
  {},
  { before: [0.5, 0.3, 0.2, 0.1] },
  { before: [1, 0.7, 0.5, 0.3] },
  { after: [0.3, 0.2, 0.1] },
  { after: [0.7, 0.5, 0.3] },
  ...scale("saturation"),
  ...scale("lengths"),
  ...scale("alternative"),
  ...scale("vague"),
  ...scale("speaker"),
  ...scale("time"),
  ...scale("when"),
  ...scale("question"),
  ...scale("own"),
  ...scale("length"),
];

function scale(key: Exclude<keyof RankingWeights, "before" | "after">): ReadonlyArray<Partial<RankingWeights>> {
  return [0.5, 1.5].map((factor) => ({ [key]: factor * rankingWeights[key] }));
}

export interface CrossValidation {
  /** Each dialogue judged by the variant that is best on the others. */
  readonly rows: readonly Row[];
  /** Mean of both recalls over all dialogues, the worst and best variant. */
  readonly worst: number;
  readonly best: number;
}

/** How much of the result hangs on the weights having been seen with these dialogues. */
export async function crossValidate(dialogues: readonly Dialogue[]): Promise<CrossValidation> {
  const tried: Row[][] = [];
  for (const variant of variants) {
    const method = searchRanked({ ...rankingWeights, ...variant });
    const rows: Row[] = [];
    for (const dialogue of dialogues) rows.push(...(await scoreSearch(dialogue, method(dialogue))));
    tried.push(rows);
  }
  const rows = dialogues.flatMap(({ name }) => {
    const ofOthers = tried.map((each) => meanOfBoth(each.filter(({ dialogue }) => dialogue !== name)));
    const best = ofOthers.indexOf(Math.max(...ofOthers));
    return (tried[best] ?? []).filter(({ dialogue }) => dialogue === name);
  });
  const all = tried.map(meanOfBoth);
  return { rows, worst: Math.min(...all), best: Math.max(...all) };
}

function meanOfBoth(rows: readonly Row[]): number {
  return (mean(rows, "at5") + mean(rows, "at10")) / 2;
}
