import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../core/errors.ts";

/** What a model must answer, so that a wrong file, a wrong pooling or a broken number format is found when it is loaded. */
export interface Golden {
  /** Largest difference of two likenesses or scores that is still right: quantised weights are a little off. */
  readonly tolerance: number;
  /** Each text with the vector that the reference implementation makes of it. */
  readonly vectors: readonly {
    readonly text: string;
    readonly kind: "query" | "document";
    readonly vector: readonly number[];
  }[];
  /** How alike a question and a document are. */
  readonly similarities: readonly GoldenPair[];
  /** What a reranker says of them. */
  readonly scores: readonly GoldenPair[];
}

export interface GoldenPair {
  readonly query: string;
  readonly document: string;
  readonly expected: number;
}

/** The task that the answers below, and those of golden.json, were made with. */
export const goldenTask = "Given a web search query, retrieve relevant passages that answer the query";

const capital = { query: "What is the capital of China?", document: "The capital of China is Beijing." };
const gravity = {
  query: "Explain gravity",
  document:
    "Gravity is a force that attracts two bodies towards each other. It gives weight to physical objects and is responsible for the movement of planets around the sun.",
};

/**
 * The example of Qwen3-Embedding-0.6B's model card, with its figures (huggingface.co/Qwen/Qwen3-Embedding-0.6B). The
 * reranker's card gives no figures; its answers to these pairs are a clear yes and a clear no.
 */
const builtIn = {
  embedding: {
    tolerance: 0.1,
    vectors: [],
    similarities: [
      { ...capital, expected: 0.7646 },
      { query: capital.query, document: gravity.document, expected: 0.1414 },
      { query: gravity.query, document: capital.document, expected: 0.1355 },
      { ...gravity, expected: 0.6 },
    ],
    scores: [],
  },
  reranker: {
    tolerance: 0.4,
    vectors: [],
    similarities: [],
    scores: [
      { ...capital, expected: 1 },
      { query: capital.query, document: gravity.document, expected: 0 },
      { query: gravity.query, document: capital.document, expected: 0 },
      { ...gravity, expected: 1 },
    ],
  },
} satisfies Readonly<Record<string, Golden>>;

/**
 * golden.json beside the model; else what is known of a model of this shape; else undefined. Throws AppError
 * "model-failed" when golden.json is not readable.
 */
export async function loadGolden(
  folder: string,
  kind: "embedding" | "reranker",
  config: { readonly [key: string]: unknown },
): Promise<Golden | undefined> {
  const text = await readFile(join(folder, "golden.json"), "utf8").catch(() => undefined);
  if (text === undefined) return isQwen06(config) ? builtIn[kind] : undefined;
  try {
    return await parseGolden(text);
  } catch (error) {
    throw new AppError("model-failed", "The file golden.json beside the model cannot be used.", {
      hint: "It holds vectors (text, kind, vector), similarities or scores (query, document, expected); or remove it.",
      cause: error,
    });
  }
}

/** Loads zod only here: most workers never need it. */
async function parseGolden(text: string): Promise<Golden> {
  const { z } = await import("zod");
  const pair = z.strictObject({ query: z.string(), document: z.string(), expected: z.number() });
  const vector = z.strictObject({
    text: z.string(),
    kind: z.enum(["query", "document"]),
    vector: z.array(z.number()).min(1),
  });
  return z
    .strictObject({
      tolerance: z.number().positive().max(0.5).default(0.02),
      vectors: z.array(vector).max(20).default([]),
      similarities: z.array(pair).max(20).default([]),
      scores: z.array(pair).max(20).default([]),
    })
    .parse(JSON.parse(text));
}

/** Qwen3-Embedding-0.6B, Qwen3-Reranker-0.6B, or the chat model both come from, which must be told from them. */
function isQwen06(config: { readonly [key: string]: unknown }): boolean {
  return config["model_type"] === "qwen3" && config["hidden_size"] === 1024 && config["num_hidden_layers"] === 28;
}

/** Refuses when `actual` is further than the tolerance from `expected`. Throws AppError "model-failed". */
export function checkGolden(golden: Golden, expected: readonly number[], actual: readonly number[]): void {
  const worst = Math.max(0, ...expected.map((value, at) => Math.abs(value - (actual[at] ?? Number.NaN))));
  if (worst <= golden.tolerance) return;
  throw new AppError(
    "model-failed",
    `The model answers its test texts wrongly: off by ${worst.toFixed(3)}, where ${golden.tolerance} is allowed.`,
    { hint: "It is another model than its files say, its file is damaged, or its golden.json belongs to another one." },
  );
}
