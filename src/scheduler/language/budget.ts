import { serialize, type ASTNode } from "@marcbachmann/cel-js";

/*
 * The library bounds how long an expression is, not how much it does: lists doubled in a loop soon fill any memory. So
 * an expression is rewritten before it runs: what loops, compares and joins is handed through functions that count.
 */

/** About a million turns of a loop, or ten megabytes of text joined. */
const allowance = 10_000_000;
const perItem = 10;

/** What one expression may still do. */
export interface Budget {
  reset(): void;
  /** Throws when there is nothing left. */
  charge(units: number): void;
}

export function createBudget(): Budget {
  let left = allowance;
  return {
    reset: () => void (left = allowance),
    charge(units) {
      left -= units;
      if (left < 0) throw new Error("It does more than an expression may: loops over long lists, or very long texts");
    },
  };
}

/** The cost of going through a value once. */
export function weigh(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length * perItem;
  return value instanceof Map ? value.size * perItem : 1;
}

/** The cost of joining a list of texts. */
export function weighJoined(list: unknown, separator: unknown): number {
  if (!Array.isArray(list)) return 1;
  return list.reduce<number>((sum, item) => sum + weigh(item), list.length * weigh(separator));
}

type Node = Pick<ASTNode, "op"> & { readonly args: unknown };

const countedOperators: ReadonlySet<string> = new Set(["+", "==", "!=", "in", "<", "<=", ">", ">="]);
const countedMethods = new Set(
  (
    "map filter all exists exists_one size contains startsWith endsWith indexOf lastIndexOf substring split " +
    "lowerAscii upperAscii trim string hex base64 json"
  ).split(" "),
);

/** The expression with everything counted that costs more than a moment. Pure. */
export function countCosts(ast: ASTNode): string {
  return serialize(rewrite(ast) as unknown as ASTNode);
}

function rewrite(node: Node): Node {
  const { op, args } = node as ASTNode;
  if (op === "value" || op === "id") return node;
  if (op === "call") {
    const [name, list] = args;
    // `has` looks at its argument as it is written.
    return name === "has" ? node : { op, args: [name, list.map(rewrite)] };
  }
  if (op === "rcall") {
    const [name, receiver, list] = args;
    const inner = rewrite(receiver);
    const rest = list.map(rewrite);
    if (name === "join") return { op, args: [name, call("spendJoined", [inner, rest[0] ?? emptyText]), rest] };
    return { op, args: [name, countedMethods.has(name) ? spend(inner) : inner, rest] };
  }
  if (op === "map") return { op, args: args.map(([key, value]) => [rewrite(key), rewrite(value)]) };
  if (op === "!_" || op === "-_") return { op, args: rewrite(args) };
  const parts = (args as readonly (Node | string)[]).map((part) => (typeof part === "string" ? part : rewrite(part)));
  if (!countedOperators.has(op)) return { op, args: parts };
  return { op, args: parts.map((part) => (typeof part === "string" ? part : spend(part))) };
}

const emptyText: Node = { op: "value", args: "" };

function spend(node: Node): Node {
  return node.op === "value" ? node : call("spend", [node]);
}

function call(name: string, args: readonly Node[]): Node {
  return { op: "call", args: [name, args] };
}
