import { stat } from "node:fs/promises";
import { checkGolden, goldenTask, loadGolden, type Golden } from "./golden.ts";
import { findModelFiles } from "./onnx-file.ts";
import { loadGraph, type Graph } from "./onnx-graph.ts";
import { formatRerankPrompts } from "./rerank-prompt.ts";
import { AppError } from "../../core/errors.ts";
import { loadTokens, type Tokens } from "./tokens.ts";
import { dotProduct, pickUnitVector, relativeDistance } from "./vectors.ts";
import type { Job, Loaded, WorkerSettings } from "./worker-protocol.ts";

export interface OnnxModel extends Loaded {
  /** The vectors one after the other, or the scores. */
  run(job: Job, checkStopped: () => void): Promise<Float32Array<ArrayBuffer>>;
}

/**
 * A folder with a Qwen3-Embedding or Qwen3-Reranker model, ready to compute; this is what a worker holds. Throws AppError
 * "package-missing" or "model-failed", the latter also when the model does not answer its test texts as it should.
 */
export async function loadOnnxModel(settings: WorkerSettings): Promise<OnnxModel> {
  const { kind, name, folder } = settings;
  const { graph: path, config } = await findModelFiles(folder);
  const tokens = await loadTokens(folder);
  const ownMost = config["max_position_embeddings"];
  const maxTokens = Math.min(settings.maxTokens, typeof ownMost === "number" ? ownMost : settings.maxTokens);
  const graph = await loadGraph({
    path,
    output: kind === "embedding" ? "last_hidden_state" : "logits",
    threads: settings.threads,
    paddingId: tokens.paddingId,
    maxBatchTokens: settings.maxBatchTokens,
  });
  const model: RunnableModel = { tokens, graph, maxTokens, name };
  const canBatch = await findOutWhetherBatchesAgree(model);
  if (!canBatch) graph.stopBatching();

  const { size, mtimeMs } = await stat(path);
  const fingerprint = `${path} ${size} ${mtimeMs}`;
  const golden = settings.trusted === fingerprint ? undefined : await loadGolden(folder, kind, config);
  if (golden !== undefined) await testModel(model, kind, golden);
  return {
    fingerprint,
    isTested: golden !== undefined || settings.trusted === fingerprint,
    canBatch,
    run: (job, checkStopped) =>
      job.type === "embed"
        ? embed(model, settings.task, job, settings.dimensions, checkStopped)
        : score(model, settings.task, job, checkStopped),
  };
}

interface RunnableModel {
  readonly tokens: Tokens;
  readonly graph: Graph;
  readonly maxTokens: number;
  readonly name: string;
}

async function embed(
  { tokens, graph, maxTokens, name }: RunnableModel,
  task: string,
  job: Extract<Job, { type: "embed" }>,
  dimensions: number | undefined,
  checkStopped: () => void,
): Promise<Float32Array<ArrayBuffer>> {
  const sequences = job.texts.map((text) =>
    tokens.encodeWhole(job.kind === "query" ? `Instruct: ${task}\nQuery:${text}` : text, maxTokens),
  );
  const rows = await graph.readLast(sequences, checkStopped);
  const width = dimensions ?? rows[0]?.length ?? 0;
  const numbers = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries()) numbers.set(pickUnitVector(row, width, name), at * width);
  return numbers;
}

async function score(
  { tokens, graph, maxTokens }: RunnableModel,
  task: string,
  job: Extract<Job, { type: "score" }>,
  checkStopped: () => void,
): Promise<Float32Array<ArrayBuffer>> {
  const prompts = formatRerankPrompts(tokens, task, job.query, job.documents, maxTokens);
  const rows = await graph.readLast(prompts, checkStopped, findAnswers(tokens));
  // Softmax over the two answers, which is the sigmoid of their difference.
  return Float32Array.from(rows, ([yes = NaN, no = NaN]) => 1 / (1 + Math.exp(no - yes)));
}

function findAnswers(tokens: Tokens): readonly [yes: number, no: number] {
  const yes = tokens.find("yes");
  const no = tokens.find("no");
  if (yes === undefined || no === undefined)
    throw new AppError("model-failed", 'The tokenizer has no tokens "yes" and "no".', {
      hint: "Use an ONNX export of Qwen3-Reranker.",
    });
  return [yes, no];
}

/**
 * Whether a short text says the same beside a longer one as alone. Not so where weights are quantised on the fly for the
 * whole batch, or where an export takes padding for text. Both are short enough to come into one batch.
 */
async function findOutWhetherBatchesAgree({ tokens, graph }: RunnableModel): Promise<boolean> {
  const short = tokens.encodeWhole("tea", 4);
  const long = tokens.encodeWhole("The kettle is on, and in the meantime somebody asks for the time.", 12);
  const always = (): void => undefined;
  const [alone] = await graph.readLast([short], always);
  const [together] = await graph.readLast([short, long], always);
  return alone !== undefined && together !== undefined && relativeDistance(alone, together) < 0.01;
}

async function testModel(model: RunnableModel, kind: WorkerSettings["kind"], golden: Golden): Promise<void> {
  const always = (): void => undefined;
  if (kind === "reranker") {
    const actual: number[] = [];
    for (const { query, document } of golden.scores)
      actual.push(...(await score(model, goldenTask, { type: "score", query, documents: [document] }, always)));
    return checkGolden(
      golden,
      golden.scores.map(({ expected }) => expected),
      actual,
    );
  }
  const vectorOf = (text: string, as: "query" | "document", dimensions?: number): Promise<Float32Array> =>
    embed(model, goldenTask, { type: "embed", texts: [text], kind: as }, dimensions, always);
  const actual: number[] = [];
  for (const { text, kind: as, vector } of golden.vectors) {
    const { length } = vector;
    actual.push(dotProduct(await vectorOf(text, as, length), pickUnitVector(vector, length, model.name)));
  }
  for (const { query, document } of golden.similarities)
    actual.push(dotProduct(await vectorOf(query, "query"), await vectorOf(document, "document")));
  checkGolden(golden, [...golden.vectors.map(() => 1), ...golden.similarities.map(({ expected }) => expected)], actual);
}
