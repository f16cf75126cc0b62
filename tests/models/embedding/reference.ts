import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { InferenceSession, Tensor } from "onnxruntime-node";

/** A model run the plainest way: one text at a time, no padding, nothing shared with the code under test. */
export interface Reference {
  encode(text: string): number[];
  find(token: string): number;
  /** The output at each position. */
  run(ids: readonly number[]): Promise<Float32Array[]>;
}

export async function openReference(folder: string, output: "last_hidden_state" | "logits"): Promise<Reference> {
  const tokenizer = new Tokenizer(JSON.parse(await readFile(join(folder, "tokenizer.json"), "utf8")) as object, {});
  const session = await InferenceSession.create(join(folder, "onnx", "model.onnx"), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    find: (token) => tokenizer.token_to_id(token) ?? Number.NaN,
    async run(ids) {
      const integers = (values: readonly number[]): Tensor =>
        new Tensor(
          "int64",
          BigInt64Array.from(values, (value) => BigInt(value)),
          [1, ids.length],
        );
      const feeds: Record<string, Tensor> = {
        input_ids: integers(ids),
        attention_mask: integers(ids.map(() => 1)),
        position_ids: integers(ids.map((_, at) => at)),
      };
      for (const name of session.inputNames.filter((each) => each.startsWith("past")))
        feeds[name] = new Tensor("float32", new Float32Array(), [1, 8, 0, 128]);
      const result = (await session.run(feeds, [output]))[output];
      const width = result?.dims[2] ?? 0;
      const numbers = result?.data as Float32Array;
      return ids.map((_, at) => numbers.slice(at * width, (at + 1) * width));
    },
  };
}

export function cutToUnit(vector: ArrayLike<number>, dimensions: number): number[] {
  const cut = Array.from(vector).slice(0, dimensions);
  const length = Math.hypot(...cut);
  return cut.map((value) => value / length);
}
