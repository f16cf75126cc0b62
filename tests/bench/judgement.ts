import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseExamples, trainAsks, type Example } from "../../scripts/asks/train.ts";
import { createAskJudge } from "../../src/cdc/asks/judge.ts";
import { createAskModel } from "../../src/cdc/asks/model.ts";
import { createClassifier } from "../../src/cdc/classify.ts";
import { findMistakes, readScenes } from "../cdc/scenes.ts";
import { readMailSentences } from "../cdc/mail-sentences.ts";
import { splitByLikeness, splitEvenly } from "./judgement/folds.ts";
import { scoreAnswers, type Score } from "./judgement/score.ts";

const folds = 5;
const surroundings = { now: Date.parse("2026-02-25T09:00:00Z"), timeZone: "UTC" };

/**
 * Does tier 1 know what asks something of its reader? In cross-validation on other people's mail, where everything that
 * is learned is learned again in each fold; on sentences of another kind, written for this project; and on the scenes.
 */
export async function measureJudgement(): Promise<void> {
  const examples = await loadExamples();
  if (examples === undefined) process.stdout.write("No cross-validation: email-intent-train.txt is not in ../shared/data nor in PARLANCE_BENCH_DATA.\n");
  else {
    process.stdout.write(`\nAsks something of the reader: ${examples.length} mail sentences, ${folds} folds\n`);
    console.table({
      ...crossValidate("folds by chance", examples, splitEvenly(examples.length, folds)),
      ...crossValidate("like sentences in the same fold", examples, splitByLikeness(examples.map(({ text }) => text), folds)),
    });
  }
  process.stdout.write("\nSentences written for this project, by the weights as shipped\n");
  const classify = createClassifier();
  const own = readMailSentences();
  const groups = Map.groupBy(own, ({ language }) => language);
  console.table(
    Object.fromEntries(
      [...groups].map(([language, sentences]) => [
        `${language}, ${sentences.length} sentences`,
        show(scoreAnswers(sentences.map(({ text, isYes }) => ({ wanted: isYes, said: classify({ text }, surroundings).asks })))),
      ]),
    ),
  );
  for (const half of ["first", "second"] as const) {
    const scenes = readScenes(half);
    process.stdout.write(`\nScenes, ${half} half: ${scenes.length}\n`);
    const byClass = Map.groupBy(scenes, (scene) => scene.class);
    console.table(
      Object.fromEntries(
        [...byClass].map(([name, each]) => {
          const right = each.filter((scene) => findMistakes(classify, scene).length === 0).length;
          return [name, { right, of: each.length, percent: Math.round((1000 * right) / each.length) / 10 }];
        }),
      ),
    );
  }
  measureSpeed(examples?.map(({ text }) => text) ?? own.map(({ text }) => text));
}

/** As `parlance cdc classify` would answer, and by the model without the grammar's word. */
function crossValidate(name: string, examples: readonly Example[], fold: readonly number[]) {
  const whole: Array<{ wanted: boolean; said: boolean }> = [];
  const alone: Array<{ wanted: boolean; said: boolean }> = [];
  for (let left = 0; left < folds; left++) {
    const rate = createAskModel(trainAsks(examples.filter((_, index) => fold[index] !== left)));
    const classify = createClassifier(createAskJudge(rate));
    for (const [index, { text, isYes }] of examples.entries()) {
      if (fold[index] !== left) continue;
      whole.push({ wanted: isYes, said: classify({ text }, surroundings).asks });
      alone.push({ wanted: isYes, said: rate(text) > 0.42 });
    }
  }
  return { [name]: show(scoreAnswers(whole)), [`${name}, model alone`]: show(scoreAnswers(alone)) };
}

function measureSpeed(texts: readonly string[]): void {
  const classify = createClassifier();
  for (const text of texts.slice(0, 500)) classify({ text }, surroundings);
  const start = performance.now();
  for (const text of texts) classify({ text }, surroundings);
  const perMessage = (performance.now() - start) / texts.length;
  const long = texts.join("\n").slice(0, 10_000);
  const startLong = performance.now();
  for (let run = 0; run < 20; run++) classify({ text: long }, surroundings);
  process.stdout.write(
    `\n${perMessage.toFixed(3)} ms a message, ${((performance.now() - startLong) / 20).toFixed(3)} ms for one of 10,000 characters\n`,
  );
}

function show({ f1, precision, recall }: Score) {
  return { F1: f1.toFixed(3), precision: precision.toFixed(3), recall: recall.toFixed(3) };
}

async function loadExamples(): Promise<readonly Example[] | undefined> {
  const folder = process.env["PARLANCE_BENCH_DATA"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
  try {
    return parseExamples(await readFile(join(folder, "email-intent-train.txt"), "utf8"));
  } catch {
    return undefined;
  }
}
