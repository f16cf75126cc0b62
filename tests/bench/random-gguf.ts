import { f32Bytes, writeGguf, type GgufTensor } from "../doubles/gguf-file.ts";
import { byteTokens } from "../doubles/tiny-gguf.ts";
import { qwenTemplate } from "../doubles/qwen-template.ts";

const width = 512;
const layers = 8;
const feedForward = 1_536;
const heads = 8;
const keyHeads = 4;
const headSize = 64;
const vocabulary = 32_000;
const special = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"];

/** 60 million random parameters in Qwen3's shape, 8 bits each: it talks nonsense at a real speed, and never ends. */
export async function writeRandomGguf(path: string): Promise<void> {
  const random = createRandom();
  const bytes = byteTokens();
  const words = Array.from({ length: vocabulary - bytes.length - special.length }, (_, index) => `\u0120w${index}`);
  const tokens = [...bytes, ...special, ...words];
  const block = (index: number): GgufTensor[] => [
    ones(`blk.${index}.attn_norm.weight`, width),
    matrix(`blk.${index}.attn_q.weight`, width, heads * headSize, random),
    matrix(`blk.${index}.attn_k.weight`, width, keyHeads * headSize, random),
    matrix(`blk.${index}.attn_v.weight`, width, keyHeads * headSize, random),
    ones(`blk.${index}.attn_q_norm.weight`, headSize),
    ones(`blk.${index}.attn_k_norm.weight`, headSize),
    matrix(`blk.${index}.attn_output.weight`, heads * headSize, width, random),
    ones(`blk.${index}.ffn_norm.weight`, width),
    matrix(`blk.${index}.ffn_gate.weight`, width, feedForward, random),
    matrix(`blk.${index}.ffn_up.weight`, width, feedForward, random),
    matrix(`blk.${index}.ffn_down.weight`, feedForward, width, random),
  ];
  await writeGguf(
    path,
    {
      "general.architecture": "qwen3",
      "general.name": "Random",
      "general.file_type": { u32: 7 },
      "qwen3.block_count": { u32: layers },
      "qwen3.context_length": { u32: 8_192 },
      "qwen3.embedding_length": { u32: width },
      "qwen3.feed_forward_length": { u32: feedForward },
      "qwen3.attention.head_count": { u32: heads },
      "qwen3.attention.head_count_kv": { u32: keyHeads },
      "qwen3.attention.key_length": { u32: headSize },
      "qwen3.attention.value_length": { u32: headSize },
      "qwen3.attention.layer_norm_rms_epsilon": { f32: 1e-6 },
      "qwen3.rope.freq_base": { f32: 1_000_000 },
      "tokenizer.ggml.model": "gpt2",
      "tokenizer.ggml.pre": "qwen2",
      "tokenizer.ggml.tokens": { strings: tokens },
      "tokenizer.ggml.token_type": { i32s: tokens.map((token) => (special.includes(token) ? 3 : 1)) },
      "tokenizer.ggml.merges": { strings: ["\u0100 \u0100"] },
      "tokenizer.ggml.eos_token_id": { u32: bytes.length + 1 },
      "tokenizer.ggml.padding_token_id": { u32: bytes.length + 2 },
      "tokenizer.ggml.add_bos_token": false,
      "tokenizer.chat_template": qwenTemplate,
    },
    [
      matrix("token_embd.weight", width, vocabulary, random),
      ones("output_norm.weight", width),
      // Nothing ever speaks for letters and ends: it says words.
      matrix("output.weight", width, vocabulary, random, bytes.length + special.length),
      ...Array.from({ length: layers }, (_, index) => block(index)).flat(),
    ],
  );
}

/** Q8_0: 32 numbers of 8 bits with one scale. */
function matrix(name: string, columns: number, rows: number, random: () => number, emptyRows = 0): GgufTensor {
  return {
    name,
    shape: [columns, rows],
    type: "q8_0",
    bytes() {
      const bytes = new Uint8Array((columns * rows * 34) / 32);
      const scale = new Uint8Array(Float16Array.of(1 / (73 * Math.sqrt(columns))).buffer);
      for (let at = (emptyRows * columns * 34) / 32; at < bytes.length; at += 34) {
        bytes.set(scale, at);
        for (let index = 2; index < 34; index += 1) bytes[at + index] = random();
      }
      return bytes;
    },
  };
}

function ones(name: string, length: number): GgufTensor {
  return { name, shape: [length], type: "f32", bytes: () => f32Bytes(new Float32Array(length).fill(1)) };
}

/** Bytes of a linear congruential generator (Numerical Recipes), the same in each run. */
function createRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
}
