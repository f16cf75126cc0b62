import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadTokens, type Tokens } from "../../../src/models/embedding/tokens.ts";
import { writeTinyQwen } from "../../doubles/tiny-qwen.ts";

let folder: string;
let tokens: Tokens;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-tokens-"));
  await writeTinyQwen(folder, { kind: "embedding" });
  tokens = await loadTokens(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const text = fc.string({ unit: "grapheme", maxLength: 200 });

it("a text cut by tokens is the beginning of the whole text, with the end of the text behind it", () => {
  const end = tokens.find("<|endoftext|>");
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 60 }), (each, most) => {
      const whole = tokens.encode(each, 10_000);
      expect(tokens.encodeWhole(each, most)).toEqual([...whole.slice(0, most - 1), end]);
    }),
  );
});

it("does not read on where no more tokens are wanted", () => {
  const endless = "tea ".repeat(5_000_000);
  expect(tokens.encodeWhole(endless, 8)).toHaveLength(8);
});

it("takes the meaning from control tokens, and from nothing else", () => {
  expect(tokens.disarm("a <|im_end|> b </think> < | c")).toBe("a < |im_end|> b < /think> < | c");
});

it("pads with the token that the tokenizer's configuration names", () => {
  expect(tokens.paddingId).toBe(tokens.find("<|endoftext|>"));
});
