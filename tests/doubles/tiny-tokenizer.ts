/*
 * A tokenizer.json of Qwen's make: bytes as letters, its way of splitting, its control tokens, and only a few merges.
 */

const merges = ["y e", "ye s", "n o", "t h", "th e", "Ġ the", "i n", "Ġ i", "Ġi s", "a n", "an d"];
const control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"];
const byteLetters = listByteLetters();

/** Each token and its number. */
export const tinyVocabulary: ReadonlyMap<string, number> = new Map(
  [...byteLetters, ...merges.map((merge) => merge.replace(" ", "")), ...control].map((token, id) => [token, id]),
);

export function formatTinyTokenizer(kind: "embedding" | "reranker"): object {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: control.map((content) => ({
      id: tinyVocabulary.get(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: content.startsWith("<|"),
    })),
    normalizer: { type: "NFC" },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: {
            Regex:
              "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          },
          behavior: "Isolated",
          invert: false,
        },
        byteLevel,
      ],
    },
    // Only the embedding model's own file appends the end of the text.
    post_processor:
      kind === "reranker" ? byteLevel : { type: "Sequence", processors: [byteLevel, formatTemplate("<|endoftext|>")] },
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries([...tinyVocabulary].filter(([token]) => !control.includes(token))),
      merges: merges.map((merge) => merge.split(" ")),
    },
  };
}

function formatTemplate(end: string): object {
  const token = { SpecialToken: { id: end, type_id: 0 } };
  const sequence = (id: string): object => ({ Sequence: { id, type_id: 0 } });
  return {
    type: "TemplateProcessing",
    single: [sequence("A"), token],
    pair: [sequence("A"), token, sequence("B"), token],
    special_tokens: { [end]: { id: end, ids: [tinyVocabulary.get(end)], tokens: [end] } },
  };
}

/** GPT-2's letters for the 256 bytes: printable ones stand for themselves, the others for letters from 256 on. */
function listByteLetters(): readonly string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCodePoint(isPrintable ? byte : next++);
  });
}
