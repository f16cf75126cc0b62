import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createThinkSplitter } from "../../src/models/think-tags.ts";

function split(chunks: readonly string[]): { text: string; thought: string } {
  const splitter = createThinkSplitter();
  const pieces = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
  const join = (type: string): string => pieces.map((piece) => (piece.type === type ? piece.text : "")).join("");
  return { text: join("text"), thought: join("thought") };
}

describe("think tags", () => {
  it.each([
    ["plain", "plain", ""],
    ["<think>a</think>b", "b", "a"],
    ["\n <think>\na\n</think>\n\nb", "\n b", "\na\n"],
    ["<think></think>b", "b", ""],
    ["<think>never closed", "", "never closed"],
    ["one\n<think>a</think>\ntwo", "one\ntwo", "a"],
    ["Write <think> like this.", "Write <think> like this.", ""],
    ["a < b and a <thin", "a < b and a <thin", ""],
    ["<think>a < b </thin ></think>c", "c", "a < b </thin >"],
  ])("%j", (content, text, thought) => {
    expect(split([content])).toEqual({ text, thought });
  });

  it("does not care where the chunks are cut", () => {
    const word = fc.constantFrom("<think>", "</think>", "<thi", "nk>", "\n", " ", "a", "<", "tea ");
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 12 }).map((words) => words.join("")),
        fc.array(fc.nat(60), { maxLength: 8 }),
        (content, cuts) => {
          const at = [0, ...cuts.filter((cut) => cut < content.length).toSorted((a, b) => a - b), content.length];
          const chunks = at.slice(1).map((end, index) => content.slice(at[index], end));
          expect(split(chunks)).toEqual(split([content]));
          expect(split(content.split(""))).toEqual(split([content]));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("hands on at once what is certain", () => {
    expect(createThinkSplitter().push("Hello")).toEqual([{ type: "text", text: "Hello" }]);
  });
});
