import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseExamples, trainAsks, type Example } from "../../scripts/asks/train.ts";
import { loadWritten } from "../../scripts/asks/written.ts";
import { createAskJudge, threshold } from "../../src/cdc/asks/judge.ts";
import { createAskModel } from "../../src/cdc/asks/model.ts";
import { createClassifier } from "../../src/cdc/classify.ts";
import { findMistakes, readScenes } from "../cdc/scenes.ts";
import { readMailSentences, type MailSentence } from "../cdc/mail-sentences.ts";
import type { Figure } from "./index.ts";
import { splitByLikeness, splitEvenly } from "./judgement/folds.ts";
import { scoreAnswers, type Answer, type Score } from "./judgement/score.ts";

const folds = 5;
const surroundings = { now: Date.parse("2026-02-25T09:00:00Z"), timeZone: "UTC" };

/**
 * Does tier 1 know what asks something of its reader? In cross-validation on other people's mail, where everything that
 * is learned is learned again in each fold; on sentences of another kind, written for this project; and on the scenes.
 */
export async function measureJudgement(): Promise<Figure[]> {
  const examples = await loadExamples();
  const own = readMailSentences();
  const written = await loadWritten();
  return [
    ...(examples === undefined ? [] : crossValidateBoth(examples, written)),
    ...scoreOwn(own),
    ...scoreScenes(),
    ...measureSpeed((examples ?? own).map(({ text }) => text)),
  ];
}

type Written = ReadonlyMap<string, readonly Example[]>;

function crossValidateBoth(examples: readonly Example[], written: Written): Figure[] {
  process.stdout.write(`\nAsks something of the reader: ${examples.length} mail sentences, ${folds} folds\n`);
  const texts = examples.map(({ text }) => text);
  const known = [...written.values()].flat();
  const scores = {
    ...crossValidate("folds by chance", examples, known, splitEvenly(examples.length, folds)),
    ...crossValidate("like sentences in one fold", examples, known, splitByLikeness(texts, folds)),
    ...leaveOneOut(examples, written),
  };
  return showScores(scores, { "folds by chance": ">= 0.86" });
}

/** As `parlance cdc classify` would answer, and by the model without the grammar's word. */
function crossValidate(
  name: string,
  examples: readonly Example[],
  known: readonly Example[],
  fold: readonly number[],
): Record<string, Score> {
  const whole: Answer[] = [];
  const alone: Answer[] = [];
  for (let left = 0; left < folds; left++) {
    const others = examples.filter((_, index) => fold[index] !== left);
    const rate = createAskModel(trainAsks([...others, ...known]));
    const classify = createClassifier(createAskJudge(rate));
    for (const [index, { text, isYes }] of examples.entries()) {
      if (fold[index] !== left) continue;
      whole.push({ wanted: isYes, said: classify({ text }, surroundings).asks });
      alone.push({ wanted: isYes, said: rate(text) > threshold });
    }
  }
  return { [name]: scoreAnswers(whole), [`${name}, model alone`]: scoreAnswers(alone) };
}

/** On each file that was written for this project, by what the mail and the other files taught. */
function leaveOneOut(examples: readonly Example[], written: Written): Record<string, Score> {
  const answers = [...written].flatMap(([left, sentences]) => {
    const others = [...written].flatMap(([name, known]) => (name === left ? [] : known));
    const classify = createClassifier(createAskJudge(createAskModel(trainAsks([...examples, ...others]))));
    return sentences.map(({ text, isYes }): Answer => ({ wanted: isYes, said: classify({ text }, surroundings).asks }));
  });
  return { "written pairs, each file by the others": scoreAnswers(answers) };
}

function scoreOwn(own: readonly MailSentence[]): Figure[] {
  process.stdout.write("\nSentences written for this project, by the weights as shipped\n");
  const classify = createClassifier();
  const groups = Map.groupBy(own, ({ language }) => language);
  const scores = [...groups].map(([language, sentences]): [string, Score] => {
    const answers = sentences.map(({ text, isYes }) => ({
      wanted: isYes,
      said: classify({ text }, surroundings).asks,
    }));
    return [`${language}, ${sentences.length} sentences`, scoreAnswers(answers)];
  });
  return showScores(Object.fromEntries(scores));
}

function scoreScenes(): Figure[] {
  const classify = createClassifier();
  return (["first", "second", "third"] as const).flatMap((part) =>
    Array.from(
      Map.groupBy(readScenes(part), (scene) => scene.class),
      ([name, scenes]): Figure => {
        const right = scenes.filter((scene) => findMistakes(classify, scene).length === 0).length;
        return {
          name: `scenes, ${part} part: ${name} (${scenes.length})`,
          unit: "% right",
          values: [(100 * right) / scenes.length],
          target: ">= 95",
        };
      },
    ),
  );
}

function measureSpeed(texts: readonly string[]): Figure[] {
  const classify = createClassifier();
  const long = texts.join("\n").slice(0, 10_000);
  const time = (each: readonly string[]): number => {
    const start = performance.now();
    for (const text of each) classify({ text }, surroundings);
    return (performance.now() - start) / each.length;
  };
  time(texts.slice(0, 500));
  return [
    { name: "classify, a message of the mail", unit: "ms", values: [time(texts)], target: "< 1" },
    { name: "classify, 10,000 characters", unit: "ms", values: [time(Array.from({ length: 50 }, () => long))] },
  ];
}

function showScores(scores: Readonly<Record<string, Score>>, targets: Readonly<Record<string, string>> = {}): Figure[] {
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  console.table(
    Object.fromEntries(
      Object.entries(scores).map(([name, { f1, precision, recall }]) => [
        name,
        { F1: round(f1), precision: round(precision), recall: round(recall) },
      ]),
    ),
  );
  return Object.entries(scores).map(([name, { f1 }]) => {
    const target = targets[name];
    return { name: `asks, ${name}`, unit: "F1", values: [f1], ...(target !== undefined && { target }) };
  });
}

async function loadExamples(): Promise<readonly Example[] | undefined> {
  const folder = process.env["PARLANCE_BENCH_DATA"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
  try {
    return parseExamples(await readFile(join(folder, "email-intent-train.txt"), "utf8"));
  } catch {
    process.stdout.write(
      "No cross-validation: email-intent-train.txt is not in ../shared/data nor in PARLANCE_BENCH_DATA.\n",
    );
    return undefined;
  }
}
