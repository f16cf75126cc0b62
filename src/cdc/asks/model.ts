import weights from "./weights.json" with { type: "json" };
import { listFeatures } from "./features.ts";
import { createWordClasses } from "./word-classes.ts";

/** The weights as they are shipped: `keys` are features, `values` their weights in units of `unit`. */
export interface AskWeights {
  readonly bias: number;
  readonly unit: number;
  /** Base64 of little-endian 32-bit numbers. */
  readonly keys: string;
  /** Base64 of signed bytes, as many as keys. */
  readonly values: string;
}

/** Tells how likely an English text asks something of its reader, from 0 to 1. */
export function createAskModel({ bias, unit, keys, values }: AskWeights = weights): (text: string) => number {
  const findClass = createWordClasses();
  const keyBytes = Buffer.from(keys, "base64");
  const valueBytes = Buffer.from(values, "base64");
  const byFeature = new Map<number, number>();
  for (let at = 0; at < valueBytes.length; at++)
    byFeature.set(keyBytes.readUInt32LE(at * 4), valueBytes.readInt8(at) * unit);
  return (text) => {
    let sum = bias;
    for (const [feature, part] of listFeatures(text, findClass)) sum += part * (byFeature.get(feature) ?? 0);
    return 1 / (1 + Math.exp(-sum));
  };
}
