import { expect, it } from "vitest";
import type { Tool } from "../../src/core/tool.ts";
import { createOfferedTools } from "../../src/pipeline/offered-tools.ts";
import { createCountedTool } from "./tools.ts";

const all: Tool[] = Array.from({ length: 40 }, (_, index) => createCountedTool(`tool_${index}`, "read"));
const some = (...indexes: readonly number[]) => indexes.map((index) => all[index] as Tool);

function begin() {
  let now = 0;
  const offered = createOfferedTools(() => now);
  const pick = (found: readonly Tool[], epoch = "e", conversation = "c", known: readonly Tool[] = all) =>
    offered.pick(conversation, epoch, found, known).map(({ name }) => Number(name.slice(5)));
  return { pick, pass: (ms: number) => (now += ms) };
}

it("keeps what was offered in its place, and puts what is new behind it", () => {
  const { pick } = begin();
  expect(pick(some(3, 5))).toEqual([3, 5]);
  expect(pick(some(1, 5, 7))).toEqual([3, 5, 1, 7]);
  expect(pick([])).toEqual([3, 5, 1, 7]);
  expect(pick([], "e", "another")).toEqual([]);
});

it("begins anew where the beginning is another one, and where no cache lives so long", () => {
  const { pick, pass } = begin();
  pick(some(3));
  expect(pick(some(1), "another persona")).toEqual([1]);
  pass(3_599_999);
  expect(pick(some(2), "another persona")).toEqual([1, 2]);
  pass(3_600_000);
  expect(pick(some(4), "another persona")).toEqual([4]);
});

it("offers no tool that is gone, and not ever more", () => {
  const { pick } = begin();
  pick(some(3, 5));
  expect(pick(some(1), "e", "c", some(1, 5))).toEqual([5, 1]);
  expect(pick(all.slice(0, 20))).toHaveLength(20);
  expect(pick(some(30, 31, 32, 33, 34))).toEqual([30, 31, 32, 33, 34]);
});
