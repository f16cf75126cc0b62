import { f32Bytes, writeGguf, type GgufTensor } from "./gguf-file.ts";
import { qwenTemplate } from "./qwen-template.ts";

/** What the tiny model always says, and thinks. */
export const tinyAnswer = "Tea is hot and the cup is full.";
export const tinyThought = "Let me see.";
/** Somewhere in a request: it thinks first; talks without end; calls a tool twice in one step. */
export const thinkWord = "PONDER";
export const longWord = "RAMBLE";
export const twiceWord = "TWICE";

export interface TinyGgufOptions {
  /** Both make it slow and change nothing else. */
  readonly layers?: number;
  readonly feedForward?: number;
  readonly contextTokens?: number;
}

const call = '<tool_call>\n{"name": "';
const closeThought = "\n</think>";
const openThought = "<think>\n";
const closeCall = "</tool_call>";
const endOfTurn = "<|im_end|>";
const control = ["<|im_start|>", endOfTurn, "<|endoftext|>"];
const answer = ["Tea", " is", " hot", " and", " the", " cup", " is ", "full."];
const thought = ["Let", " me", " see."];
const ramble = [" on", " and on,"];
const noticed = ["<tools>", "<tool_response>", closeCall, thinkWord, longWord, twiceWord];
const ownWords = [openThought, closeThought, call, ...noticed, ...answer, ...thought, ...ramble];

/** Outweighs whatever was noticed. */
const certain = 1e6;
/** So that one word among 4,000 is noticed. */
const attention = 4_000;

/**
 * A model of two megabytes that speaks: Qwen's shape and template, letters and a few words as tokens. The output matrix
 * is a table of which token follows which. Its only attention looks at all that was said alike and passes on how often
 * it saw the few words above; that decides, at the start of an answer, between thought, call, and talk. It calls the
 * first tool that fits while tools are described and no result is there; texts in its calls are "tea". Deterministic.
 */
export async function writeTinyGguf(path: string, options: TinyGgufOptions = {}): Promise<void> {
  const { layers = 1, feedForward = 32, contextTokens = 8_192 } = options;
  const tokens = [...byteTokens(), ...control, ...ownWords];
  const idOf = (word: string): number => tokens.indexOf(word === "\n" || word === " " ? letterOf(word) : word);
  const firstFeature = tokens.length;
  const width = Math.ceil((firstFeature + noticed.length) / 32) * 32;
  const head = 32;

  const embedding = matrix(width, tokens.length);
  for (const id of tokens.keys()) embedding.set(id, id, 1);
  const value = matrix(width, head);
  const output = matrix(head, width);
  for (const [index, word] of noticed.entries()) {
    value.set(index, idOf(word), 1);
    output.set(firstFeature + index, index, attention / Math.sqrt(width));
  }

  const next = matrix(width, tokens.length);
  const follow = (from: string, to: string, weight: number): void => next.set(idOf(to), idOf(from), weight);
  const notice = (word: string, to: string, weight: number): void =>
    next.set(idOf(to), firstFeature + noticed.indexOf(word), weight);
  for (const words of [answer, thought, ramble])
    for (const [index, word] of words.slice(1).entries()) follow(words[index] ?? "", word, certain);
  follow("full.", endOfTurn, certain);
  follow(" and on,", " on", certain);
  follow(openThought, "Let", certain);
  follow(" see.", closeThought, certain);
  for (const start of ["\n", closeThought]) follow(start, "Tea", 5);
  follow(closeThought, openThought, -certain);
  notice(thinkWord, openThought, 2_000);
  notice(longWord, " on", 1_500);
  // Described tools come with <tools> and </tool_call> twice each. One call is enough, or two where asked for.
  notice("<tools>", call, 125);
  notice(closeCall, call, -100);
  notice(twiceWord, call, 100);
  notice("<tool_response>", call, -1_000);
  for (const to of [call, endOfTurn]) follow(closeCall, to, certain);
  for (const letter of 'tea"') follow({ t: '"', e: "t", a: "e" }[letter] ?? "a", letter, 5);
  for (const [from, to] of [
    [" ", "2"],
    [":", "2"],
    ["2", "}"],
    ["2", ","],
  ] as const)
    follow(from, to, 1);

  const blocks = Array.from({ length: layers }, (_, index): GgufTensor[] => [
    ones(`blk.${index}.attn_norm.weight`, width),
    zeros(`blk.${index}.attn_q.weight`, width, head),
    zeros(`blk.${index}.attn_k.weight`, width, head),
    ones(`blk.${index}.attn_q_norm.weight`, head),
    ones(`blk.${index}.attn_k_norm.weight`, head),
    index === 0 ? value.tensor("blk.0.attn_v.weight") : zeros(`blk.${index}.attn_v.weight`, width, head),
    index === 0 ? output.tensor("blk.0.attn_output.weight") : zeros(`blk.${index}.attn_output.weight`, head, width),
    ones(`blk.${index}.ffn_norm.weight`, width),
    zeros(`blk.${index}.ffn_gate.weight`, width, feedForward),
    zeros(`blk.${index}.ffn_up.weight`, width, feedForward),
    zeros(`blk.${index}.ffn_down.weight`, feedForward, width),
  ]);
  await writeGguf(
    path,
    {
      "general.architecture": "qwen3",
      "general.name": "Tiny",
      "general.file_type": { u32: 0 },
      "qwen3.block_count": { u32: layers },
      "qwen3.context_length": { u32: contextTokens },
      "qwen3.embedding_length": { u32: width },
      "qwen3.feed_forward_length": { u32: feedForward },
      "qwen3.attention.head_count": { u32: 1 },
      "qwen3.attention.head_count_kv": { u32: 1 },
      "qwen3.attention.key_length": { u32: head },
      "qwen3.attention.value_length": { u32: head },
      "qwen3.attention.layer_norm_rms_epsilon": { f32: 1e-6 },
      "qwen3.rope.freq_base": { f32: 10_000 },
      ...tokenizerHeader(tokens, idOf),
    },
    [
      embedding.tensor("token_embd.weight"),
      ones("output_norm.weight", width),
      next.tensor("output.weight"),
      ...blocks.flat(),
    ],
  );
}

function tokenizerHeader(tokens: readonly string[], idOf: (word: string) => number) {
  const types = tokens.map((token, id) => (id < 256 ? 1 : control.includes(token) ? 3 : 4));
  return {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "qwen2",
    "tokenizer.ggml.tokens": { strings: tokens },
    "tokenizer.ggml.token_type": { i32s: types },
    // One that never applies: an empty list is refused.
    "tokenizer.ggml.merges": { strings: ["\u0100 \u0100"] },
    "tokenizer.ggml.eos_token_id": { u32: idOf(endOfTurn) },
    "tokenizer.ggml.padding_token_id": { u32: idOf("<|endoftext|>") },
    "tokenizer.ggml.add_bos_token": false,
    "tokenizer.chat_template": qwenTemplate,
  };
}

/** The letters by which GPT-2's tokenizer writes bytes: printable ones stand for themselves. */
export function byteTokens(): string[] {
  let spare = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCodePoint(isPrintable ? byte : spare++);
  });
}

function letterOf(letter: string): string {
  return byteTokens()[letter.charCodeAt(0)] ?? letter;
}

function matrix(columns: number, rows: number) {
  const values = new Float32Array(columns * rows);
  return {
    set: (row: number, column: number, weight: number): void => void (values[row * columns + column] = weight),
    tensor: (name: string): GgufTensor => ({
      name,
      shape: [columns, rows],
      type: "f32",
      bytes: () => f32Bytes(values),
    }),
  };
}

function zeros(name: string, columns: number, rows: number): GgufTensor {
  return { name, shape: [columns, rows], type: "f32", bytes: () => new Uint8Array(columns * rows * 4) };
}

function ones(name: string, length: number): GgufTensor {
  return { name, shape: [length], type: "f32", bytes: () => f32Bytes(new Float32Array(length).fill(1)) };
}
