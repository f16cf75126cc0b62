import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../core/errors.ts";
import { loadPackage } from "../../core/load-package.ts";

/** Texts as a model's numbers. */
export interface Tokens {
  /** Without anything put before or after. At most `most`, the rest of the text is left out. */
  encode(text: string, most: number): readonly number[];
  /** As a whole text of at most `most` numbers: with what the tokenizer puts around it, else with the end of the text. */
  encodeWhole(text: string, most: number): readonly number[];
  decode(ids: readonly number[]): string;
  find(token: string): number | undefined;
  /** Takes the meaning from control tokens that stand in a text, such as "<|im_end|>". */
  disarm(text: string): string;
  readonly paddingId: number;
}

/** What we use of the package, whose own types Node's way of finding files does not find. */
interface Tokenizer {
  encode(text: string, options?: { readonly add_special_tokens: boolean }): { readonly ids: number[] };
  decode(ids: number[], options: { readonly skip_special_tokens: boolean }): string;
  token_to_id(token: string): number | undefined;
  get_added_tokens_decoder(): ReadonlyMap<number, { readonly content: string }>;
}

interface TokenizerPackage {
  readonly Tokenizer: new (file: object, config: object) => Tokenizer;
}

/** No token of a text is longer; what lies beyond is not even looked at. */
const longestTokenChars = 64;

/** Reads tokenizer.json and, where there is one, tokenizer_config.json. */
export async function loadTokens(folder: string): Promise<Tokens> {
  const tokenizers: TokenizerPackage = await loadPackage(
    "@huggingface/tokenizers",
    () => import("@huggingface/tokenizers"),
  );
  const file = JSON.parse(await readFile(join(folder, "tokenizer.json"), "utf8")) as object;
  const config: { readonly pad_token?: unknown } = await readFile(join(folder, "tokenizer_config.json"), "utf8").then(
    (text) => JSON.parse(text) as object,
    () => ({}),
  );
  const tokenizer = new tokenizers.Tokenizer(file, config);
  const endId = tokenizer.token_to_id("<|endoftext|>");
  // Qwen3-Embedding's tokenizer appends the end of the text; its first release left that to the caller.
  const around = tokenizer.encode("").ids;
  if (around.length > 1)
    throw new AppError(
      "model-failed",
      "The tokenizer puts tokens before a text, as no model of the Qwen3 family does.",
      {
        hint: "Use Qwen3-Embedding or Qwen3-Reranker.",
      },
    );
  const tail = around.length > 0 ? around : endId === undefined ? [] : [endId];
  const padToken = typeof config.pad_token === "string" ? tokenizer.token_to_id(config.pad_token) : undefined;
  const control = [...tokenizer.get_added_tokens_decoder().values()].map(({ content }) => content);

  function encode(text: string, most: number): readonly number[] {
    const { ids } = tokenizer.encode(text.slice(0, most * longestTokenChars).toWellFormed(), {
      add_special_tokens: false,
    });
    return ids.length > most ? ids.slice(0, most) : ids;
  }

  return {
    encode,
    encodeWhole: (text, most) => [...encode(text, most - tail.length), ...tail],
    decode: (ids) => tokenizer.decode([...ids], { skip_special_tokens: true }),
    find: (token) => tokenizer.token_to_id(token),
    disarm: (text) =>
      control.reduce((rest, token) => rest.replaceAll(token, `${token.slice(0, 1)} ${token.slice(1)}`), text),
    paddingId: padToken ?? endId ?? 0,
  };
}
