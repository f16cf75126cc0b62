import type { InferenceSession, Tensor, TypedTensor } from "onnxruntime-node";
import { AppError } from "../../core/errors.ts";
import { loadPackage } from "../../core/load-package.ts";
import { planBatches } from "./batches.ts";

export interface GraphOptions {
  readonly path: string;
  /** The output to read, of shape [batch, length, width]. */
  readonly output: string;
  readonly threads: number;
  readonly paddingId: number;
  readonly maxBatchTokens: number;
}

export interface Graph {
  /**
   * The output at the last position of each sequence, in their order; only the given columns of it. Between batches it
   * lets others run and throws when `checkStopped` does.
   */
  readLast(
    sequences: readonly (readonly number[])[],
    checkStopped: () => void,
    columns?: readonly number[],
  ): Promise<readonly Float32Array[]>;
  /** From now on every sequence is computed alone. */
  stopBatching(): void;
}

type Runtime = typeof import("onnxruntime-node");

/** Loads a graph of the Qwen3 kind. Throws AppError "package-missing" or "model-failed". */
export async function loadGraph(options: GraphOptions): Promise<Graph> {
  const runtime: Runtime = await loadPackage("onnxruntime-node", () => import("onnxruntime-node"));
  const session = await runtime.InferenceSession.create(options.path, {
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  if (!session.outputNames.includes(options.output))
    throw new AppError("model-failed", `The graph has no output "${options.output}", but: ${listNames(session)}.`, {
      hint: "It is the export of another kind of model.",
    });
  const inputs = session.inputMetadata;
  let maxBatchTokens = options.maxBatchTokens;

  async function runBatch(batch: readonly (readonly number[])[]): Promise<(row: number) => ArrayLike<number>> {
    const feeds = formatFeeds(runtime, inputs, batch, options.paddingId);
    const output = (await session.run(feeds, [options.output]))[options.output];
    return openLastRows(output, batch.length);
  }

  return {
    async readLast(sequences, checkStopped, columns) {
      const rows: Float32Array[] = [];
      const lengths = sequences.map((ids) => ids.length);
      for (const indexes of planBatches(lengths, maxBatchTokens)) {
        await new Promise((resolve) => setImmediate(resolve));
        checkStopped();
        const rowOf = await runBatch(indexes.map((index) => sequences[index] ?? []));
        for (const [at, index] of indexes.entries()) {
          const row = rowOf(at);
          rows[index] =
            columns === undefined ? Float32Array.from(row) : Float32Array.from(columns, (column) => row[column] ?? NaN);
        }
      }
      return rows;
    },
    stopBatching() {
      maxBatchTokens = 1;
    },
  };
}

/** How newer exports are told to leave out the logits of all positions but the last. */
const keepNames = new Set(["num_logits_to_keep", "logits_to_keep"]);

/**
 * Padding stands on the left, as in training, so that the last position is always a text's own. Positions count from
 * the text's first token. The cache of earlier tokens is empty.
 */
function formatFeeds(
  runtime: Runtime,
  inputs: readonly InferenceSession.ValueMetadata[],
  batch: readonly (readonly number[])[],
  paddingId: number,
): InferenceSession.FeedsType {
  const length = Math.max(...batch.map((ids) => ids.length));
  const integers = (valueAt: (ids: readonly number[], at: number) => number): TypedTensor<"int64"> => {
    const values = new BigInt64Array(batch.length * length);
    for (const [row, ids] of batch.entries())
      for (let column = 0; column < length; column++)
        values[row * length + column] = BigInt(valueAt(ids, column - (length - ids.length)));
    return new runtime.Tensor("int64", values, [batch.length, length]);
  };
  return Object.fromEntries(inputs.map((input) => [input.name, formatInput(input)]));

  function formatInput(input: InferenceSession.ValueMetadata): Tensor {
    if (input.name === "input_ids") return integers((ids, at) => ids[at] ?? paddingId);
    if (input.name === "attention_mask") return integers((_, at) => (at < 0 ? 0 : 1));
    // What stands at padding is masked; 1 is what the reference implementation puts there.
    if (input.name === "position_ids") return integers((_, at) => (at < 0 ? 1 : at));
    if (keepNames.has(input.name)) return new runtime.Tensor("int64", [1n], []);
    if (input.isTensor && input.name.startsWith("past_key_values.")) {
      const shape = input.shape.map((size, at) => (at === 0 ? batch.length : typeof size === "number" ? size : 0));
      return new runtime.Tensor(input.type, [], shape);
    }
    throw new AppError("model-failed", `The graph asks for an input "${input.name}", which no known model has.`, {
      hint: "Use an ONNX export of Qwen3-Embedding or Qwen3-Reranker.",
    });
  }
}

function openLastRows(output: Tensor | undefined, batch: number): (row: number) => ArrayLike<number> {
  const [rows, length = 0, width = 0] = output?.dims ?? [];
  if (output === undefined || rows !== batch || output.dims.length !== 3 || length === 0)
    throw new AppError(
      "model-failed",
      `The graph answers in an unknown shape: ${output?.dims.join(" x ") ?? "nothing"}.`,
    );
  const { data } = output;
  if (!(data instanceof Float32Array) && output.type !== "float16")
    throw new AppError("model-failed", `The graph answers with numbers of type ${output.type}.`);
  const numbers = data as Float32Array; // a Float16Array reads like one
  return (row) => numbers.subarray(((row + 1) * length - 1) * width, (row + 1) * length * width);
}

function listNames({ outputNames }: InferenceSession): string {
  const names = outputNames.filter((name) => !name.startsWith("present"));
  return names.length === 0 ? "none" : names.slice(0, 5).join(", ");
}
