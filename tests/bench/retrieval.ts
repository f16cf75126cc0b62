import type { Figure } from "./index.ts";
import { crossValidate } from "./retrieval/cross-validate.ts";
import { loadDialogues, type Dialogue } from "./retrieval/dialogues.ts";
import { startEmbeddingServer } from "./retrieval/embedding-server.ts";
import { measureRank } from "./retrieval/measure-rank.ts";
import { searchPairs, searchPlain, searchRanked, type Method } from "./retrieval/methods.ts";
import { searchProduct } from "./retrieval/product.ts";
import { formatMeans, mean, scoreSearch, type Row } from "./retrieval/score.ts";

/**
 * How much of the evidence of a question is among the first 5 and 10 finds, on long dialogues that are not part of the
 * project. All without a model: words, neighbours, names and dates alone; but for the last line, which only shows that
 * the way through an embedder works.
 */
export async function measureRetrieval(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const withCaptions of [false, true]) {
    const dialogues = await loadDialogues(withCaptions);
    if (dialogues === undefined) {
      process.stdout.write("Nothing measured: locomo-dev.json is not in ../shared/data nor in PARLANCE_BENCH_DATA.\n");
      return [];
    }
    const text = withCaptions ? "text and captions of images" : "text alone";
    process.stdout.write(`\nEvidence recall @5 / @10 in percent, ${count(dialogues)} questions, ${text}\n`);
    const plain = await measure(dialogues, searchPlain);
    const pairs = await measure(dialogues, searchPairs);
    const ranked = await measure(dialogues, searchRanked());
    const product = await measure(dialogues, await searchProduct(dialogues));
    const { rows: validated, worst, best } = await crossValidate(dialogues);
    const table: Record<string, readonly Row[]> = {
      BM25: plain,
      "BM25, previous and current turn": pairs,
      "ranking, over BM25 in memory": ranked,
      "  with weights picked on the other dialogues": validated,
      "parlance memory import and search": product,
    };
    if (!withCaptions) table["  with random vectors, to show that way"] = await measureWithVectors(dialogues);
    console.table(Object.fromEntries(Object.entries(table).map(([name, rows]) => [name, formatRow(dialogues, rows)])));
    process.stdout.write(
      `Mean of both recalls when one weight is halved or grows by half: ${percent(worst)} to ${percent(best)}.\n`,
    );
    if (!withCaptions)
      figures.push({
        name: "putting 200 candidates in order",
        unit: "ms",
        values: [measureRank(dialogues)],
        target: "2",
      });
    for (const key of ["at5", "at10"] as const) {
      const better = Math.max(mean(plain, key), mean(pairs, key));
      figures.push({
        name: `evidence recall ${key.replace("at", "@")} of the product, ${text}`,
        unit: "%",
        values: [100 * mean(product, key)],
        target: `at least ${percent(better + 0.05)}, 5 above BM25`,
      });
    }
  }
  return figures;
}

async function measure(dialogues: readonly Dialogue[], method: Method): Promise<Row[]> {
  const rows: Row[] = [];
  for (const dialogue of dialogues) rows.push(...(await scoreSearch(dialogue, method(dialogue))));
  return rows;
}

async function measureWithVectors(dialogues: readonly Dialogue[]): Promise<Row[]> {
  const server = await startEmbeddingServer();
  try {
    const rows = await measure(dialogues, await searchProduct(dialogues, server.config));
    const turns = dialogues.reduce((sum, { turns: { length } }) => sum + length, 0);
    if (server.texts() < turns) throw new Error(`${turns} turns, but only ${server.texts()} texts were embedded.`);
    return rows;
  } finally {
    await server.close();
  }
}

function formatRow(dialogues: readonly Dialogue[], rows: readonly Row[]): Record<string, string> {
  return {
    all: formatMeans(rows),
    adversarial: formatMeans(rows.filter(({ isAdversarial }) => isAdversarial)),
    others: formatMeans(rows.filter(({ isAdversarial }) => !isAdversarial)),
    ...Object.fromEntries(
      dialogues.map(({ name }) => [name, formatMeans(rows.filter(({ dialogue }) => dialogue === name))]),
    ),
  };
}

function count(dialogues: readonly Dialogue[]): number {
  return dialogues.reduce((sum, { questions }) => sum + questions.length, 0);
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
