import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";

/** A value of the header; numbers say their width, because the reader insists on it. */
export type GgufValue =
  | string
  | boolean
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly strings: readonly string[] }
  | { readonly i32s: readonly number[] };

/** Row after row. `shape` as in the file: the length of a row first. */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: "f32" | "f16" | "q8_0";
  /** Made when it is written, so that a big model is never in memory as a whole. */
  readonly bytes: () => Uint8Array;
}

const tensorTypes = { f32: 0, f16: 1, q8_0: 8 } as const;
const alignment = 32;

/** Writes a model file (GGUF version 3, github.com/ggml-org/ggml/blob/master/docs/gguf.md). */
export async function writeGguf(
  path: string,
  header: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): Promise<void> {
  const parts = [
    Buffer.from("GGUF"),
    u32(3),
    u64(tensors.length),
    u64(Object.keys(header).length),
    ...Object.entries(header).flatMap(([key, value]) => [text(key), formatValue(value)]),
  ];
  let offset = 0;
  for (const tensor of tensors) {
    parts.push(text(tensor.name), u32(tensor.shape.length), ...tensor.shape.map(u64));
    parts.push(u32(tensorTypes[tensor.type]), u64(offset));
    offset += padded(byteLength(tensor));
  }
  const head = Buffer.concat(parts);
  const file = createWriteStream(path);
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (!file.write(bytes)) await once(file, "drain");
  };
  await write(head);
  await write(Buffer.alloc(padded(head.length) - head.length));
  for (const tensor of tensors) {
    const bytes = tensor.bytes();
    if (bytes.length !== byteLength(tensor)) throw new Error(`${tensor.name} has ${bytes.length} bytes.`);
    await write(bytes);
    await write(Buffer.alloc(padded(bytes.length) - bytes.length));
  }
  file.end();
  await finished(file);
}

export function f32Bytes(values: readonly number[] | Float32Array): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

function byteLength({ shape, type }: GgufTensor): number {
  const count = shape.reduce((product, size) => product * size, 1);
  return type === "f32" ? count * 4 : type === "f16" ? count * 2 : (count / 32) * 34;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

function formatValue(value: GgufValue): Buffer {
  if (typeof value === "string") return Buffer.concat([u32(8), text(value)]);
  if (typeof value === "boolean") return Buffer.concat([u32(7), Buffer.from([value ? 1 : 0])]);
  if ("u32" in value) return Buffer.concat([u32(4), u32(value.u32)]);
  if ("f32" in value) return Buffer.concat([u32(6), Buffer.from(Float32Array.of(value.f32).buffer)]);
  if ("strings" in value) return Buffer.concat([u32(9), u32(8), u64(value.strings.length), ...value.strings.map(text)]);
  return Buffer.concat([u32(9), u32(5), u64(value.i32s.length), Buffer.from(Int32Array.from(value.i32s).buffer)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
