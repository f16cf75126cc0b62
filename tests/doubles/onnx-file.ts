/*
 * Writes an ONNX file: the few messages of onnx.proto (field numbers from there) that a small graph needs. For doubles of
 * real exports: their inputs and outputs, with little inside.
 */

export type Dimension = number | string;
export type ElementType = "float32" | "int64" | "float16";

export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  /** A word is a dimension that differs from run to run. */
  readonly shape: readonly Dimension[];
}

export interface Weight {
  readonly name: string;
  readonly type: "float32" | "int64";
  readonly shape: readonly number[];
  readonly values: readonly number[] | Float32Array;
}

export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface Graph {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly weights: readonly Weight[];
  readonly nodes: readonly GraphNode[];
}

const elementTypes: Readonly<Record<ElementType, number>> = { float32: 1, int64: 7, float16: 10 };

export function formatOnnx(graph: Graph): Uint8Array {
  const opset = Buffer.concat([bytes(1, Buffer.alloc(0)), varint(2, 17)]);
  return Buffer.concat([varint(1, 8), bytes(7, formatGraph(graph)), bytes(8, opset)]);
}

function formatGraph({ inputs, outputs, weights, nodes }: Graph): Buffer {
  return Buffer.concat([
    ...nodes.map((node) => bytes(1, formatNode(node))),
    text(2, "double"),
    ...weights.map((weight) => bytes(5, formatWeight(weight))),
    ...inputs.map((input) => bytes(11, formatValueInfo(input))),
    ...outputs.map((output) => bytes(12, formatValueInfo(output))),
  ]);
}

function formatNode({ operator, inputs, outputs, attributes = {} }: GraphNode): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, formatAttribute(name, value))),
  ]);
}

/** Whole numbers only: of type INT (2) or INTS (7). */
function formatAttribute(name: string, value: number | readonly number[]): Buffer {
  return typeof value === "number"
    ? Buffer.concat([text(1, name), varint(3, value), varint(20, 2)])
    : Buffer.concat([text(1, name), ...value.map((each) => varint(8, each)), varint(20, 7)]);
}

function formatWeight({ name, type, shape, values }: Weight): Buffer {
  const raw =
    type === "float32" ? Float32Array.from(values) : BigInt64Array.from(Array.from(values, (value) => BigInt(value)));
  return Buffer.concat([
    ...shape.map((size) => varint(1, size)),
    varint(2, elementTypes[type]),
    text(8, name),
    bytes(9, Buffer.from(raw.buffer)),
  ]);
}

function formatValueInfo({ name, type, shape }: ValueInfo): Buffer {
  const dimensions = shape.map((size) => bytes(1, typeof size === "number" ? varint(1, size) : text(2, size)));
  const tensor = Buffer.concat([varint(1, elementTypes[type]), bytes(2, Buffer.concat(dimensions))]);
  return Buffer.concat([text(1, name), bytes(2, bytes(1, tensor))]);
}

function varint(field: number, value: number): Buffer {
  return Buffer.concat([rawVarint(BigInt(field * 8)), rawVarint(BigInt.asUintN(64, BigInt(value)))]);
}

function bytes(field: number, content: Uint8Array): Buffer {
  return Buffer.concat([rawVarint(BigInt(field * 8 + 2)), rawVarint(BigInt(content.length)), content]);
}

function text(field: number, content: string): Buffer {
  return bytes(field, Buffer.from(content));
}

function rawVarint(value: bigint): Buffer {
  const parts: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) parts.push(Number(rest & 127n) | 128);
  return Buffer.from([...parts, Number(rest)]);
}
