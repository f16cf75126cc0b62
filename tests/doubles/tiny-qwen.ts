import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatOnnx, type ElementType, type Graph, type GraphNode, type ValueInfo, type Weight } from "./onnx-file.ts";
import { createRandom } from "./random.ts";
import { formatTinyTokenizer, tinyVocabulary } from "./tiny-tokenizer.ts";

export interface TinyQwenOptions {
  readonly kind: "embedding" | "reranker";
  /** Other seeds make other weights. */
  readonly seed?: number;
  readonly hiddenSize?: number;
  /** How many pairs of past keys and values the graph asks for: 28 in the real ones, 2 here unless told. */
  readonly layers?: number;
  /** Longest text. Default 2,048. */
  readonly positions?: number;
  /** Of the past keys and values, and of what comes out. */
  readonly precision?: "float32" | "float16";
  /** The graph looks at padding as if it were text, as some exports do. */
  readonly ignoresMask?: boolean;
  /** Newer exports of causal models can leave out the logits of all but the last positions. */
  readonly keepsLogits?: boolean;
}

const heads = 8;
const headSize = 128;

/**
 * A graph with the inputs and outputs of the Qwen3-Embedding-0.6B or Qwen3-Reranker-0.6B export and random weights. One
 * layer of real causal attention under the mask: what a token gets depends on those before it, on positions, on nothing
 * after it and on no padding.
 */
export function formatTinyQwen(options: TinyQwenOptions): Uint8Array {
  return formatOnnx(buildGraph(options));
}

/** A folder as the model store would leave it. */
export async function writeTinyQwen(folder: string, options: TinyQwenOptions): Promise<void> {
  await mkdir(join(folder, "onnx"), { recursive: true });
  await writeFile(join(folder, "onnx", "model.onnx"), formatTinyQwen(options));
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(formatTinyTokenizer(options.kind)));
  await writeFile(
    join(folder, "tokenizer_config.json"),
    JSON.stringify({ tokenizer_class: "Qwen2Tokenizer", model_max_length: 131_072, pad_token: "<|endoftext|>" }),
  );
  await writeFile(
    join(folder, "config.json"),
    JSON.stringify({
      model_type: "qwen3",
      hidden_size: options.hiddenSize ?? 64,
      num_hidden_layers: options.layers ?? 2,
      max_position_embeddings: options.positions ?? 2_048,
    }),
  );
}

function buildGraph({
  kind,
  seed = 1,
  hiddenSize = 64,
  layers = 2,
  positions = 2_048,
  precision = "float32",
  ignoresMask = false,
  keepsLogits = false,
}: TinyQwenOptions): Graph {
  const random = createRandom(seed);
  const inner = heads * headSize;
  const matrix = (name: string, rows: number, columns: number, scale: number): Weight => ({
    name,
    type: "float32",
    shape: [rows, columns],
    values: Float32Array.from({ length: rows * columns }, () => (random() * 2 - 1) * scale),
  });
  const integers = (name: string, ...values: readonly number[]): Weight => ({
    name,
    type: "int64",
    shape: [values.length],
    values,
  });
  const scalar = (name: string, value: number): Weight => ({ name, type: "float32", shape: [], values: [value] });

  const nodes: GraphNode[] = [];
  let count = 0;
  const add = (operator: string, inputs: readonly string[], attributes?: GraphNode["attributes"]): string => {
    const output = `${operator}_${count++}`;
    nodes.push({ operator, inputs, outputs: [output], ...(attributes === undefined ? {} : { attributes }) });
    return output;
  };
  const rename = (from: string, to: string): void =>
    void nodes.push({ operator: "Identity", inputs: [from], outputs: [to] });
  const cast = (from: string, type: ElementType): string =>
    add("Cast", [from], { to: { float32: 1, int64: 7, float16: 10 }[type] });
  /** [batch, length, hidden] to [batch, heads, length, headSize] */
  const project = (from: string, weights: string): string =>
    add("Transpose", [add("Reshape", [add("MatMul", [from, weights]), "split"])], { perm: [0, 2, 1, 3] });
  const withPast = (name: string, fresh: string): string => {
    const past = precision === "float32" ? name : cast(name, "float32");
    return add("Concat", [past, fresh], { axis: 2 });
  };
  const give = (from: string, name: string): void =>
    rename(precision === "float32" ? from : cast(from, precision), name);

  const embedded = add("Add", [add("Gather", ["words", "input_ids"]), add("Gather", ["places", "position_ids"])]);
  const query = project(embedded, "toQuery");
  const freshKey = project(embedded, "toKey");
  const freshValue = project(embedded, "toValue");
  const key = withPast("past_key_values.0.key", freshKey);
  const value = withPast("past_key_values.0.value", freshValue);
  give(key, "present.0.key");
  give(value, "present.0.value");
  for (let layer = 1; layer < layers; layer++) {
    give(withPast(`past_key_values.${layer}.key`, freshKey), `present.${layer}.key`);
    give(withPast(`past_key_values.${layer}.value`, freshValue), `present.${layer}.value`);
  }
  const length = add("Gather", [add("Shape", ["input_ids"]), "one"]);
  const square = add("Expand", ["unit", add("Concat", [length, length], { axis: 0 })]);
  const future = add("Mul", [add("Sub", ["unit", add("Trilu", [square], { upper: 0 })]), "never"]);
  const mask = add("Unsqueeze", [cast("attention_mask", "float32"), "headAxes"]);
  const padding = add("Mul", [add("Mul", [add("Sub", ["unit", mask]), "never"]), ignoresMask ? "nothing" : "unit"]);
  const products = add("MatMul", [query, add("Transpose", [key], { perm: [0, 1, 3, 2] })]);
  const scores = add("Add", [add("Add", [add("Mul", [products, "shrink"]), future]), padding]);
  const mixed = add("MatMul", [add("Softmax", [scores], { axis: 3 }), value]);
  const joined = add("Reshape", [add("Transpose", [mixed], { perm: [0, 2, 1, 3] }), "join"]);
  const hidden = add("Add", [embedded, add("MatMul", [joined, "toHidden"])]);
  if (kind === "embedding") give(hidden, "last_hidden_state");
  else if (keepsLogits) {
    const from = add("Unsqueeze", [add("Neg", ["num_logits_to_keep"]), "none"]);
    give(add("MatMul", [add("Slice", [hidden, from, "end", "one"]), "toLogits"]), "logits");
  } else give(add("MatMul", [hidden, "toLogits"]), "logits");

  return {
    nodes,
    inputs: [
      ...["input_ids", "attention_mask", "position_ids"].map((name) => tokens(name)),
      ...cache("past_key_values", layers, precision, "past_sequence_length"),
      ...(keepsLogits ? [{ name: "num_logits_to_keep", type: "int64", shape: [] } as const] : []),
    ],
    outputs: [
      kind === "embedding"
        ? { name: "last_hidden_state", type: precision, shape: ["batch_size", "sequence_length", hiddenSize] }
        : { name: "logits", type: precision, shape: ["batch_size", "sequence_length", tinyVocabulary.size] },
      ...cache("present", layers, precision, "total_sequence_length"),
    ],
    weights: [
      matrix("words", tinyVocabulary.size, hiddenSize, 1),
      matrix("places", positions, hiddenSize, 0.3),
      matrix("toQuery", hiddenSize, inner, 0.2),
      matrix("toKey", hiddenSize, inner, 0.2),
      matrix("toValue", hiddenSize, inner, 0.2),
      matrix("toHidden", inner, hiddenSize, 0.2),
      ...(kind === "embedding" ? [] : [matrix("toLogits", hiddenSize, tinyVocabulary.size, 0.2)]),
      scalar("unit", 1),
      scalar("nothing", 0),
      scalar("never", -1e9),
      scalar("shrink", 1 / Math.sqrt(headSize)),
      integers("split", 0, 0, heads, headSize),
      integers("join", 0, 0, inner),
      integers("headAxes", 1, 2),
      integers("one", 1),
      integers("none", 0),
      integers("end", 2 ** 31 - 1),
    ],
  };
}

function tokens(name: string): ValueInfo {
  const length = name === "attention_mask" ? "total_sequence_length" : "sequence_length";
  return { name, type: "int64", shape: ["batch_size", length] };
}

function cache(name: string, layers: number, type: ElementType, length: string): ValueInfo[] {
  return Array.from({ length: layers }, (_, layer) => layer).flatMap((layer) =>
    ["key", "value"].map((part) => ({
      name: `${name}.${layer}.${part}`,
      type,
      shape: ["batch_size", heads, length, headSize],
    })),
  );
}
