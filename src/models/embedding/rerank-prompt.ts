import type { Tokens } from "./tokens.ts";

/*
 * Qwen3-Reranker's template, as its model card gives it: the chat in which the model was taught to say yes or no, with an
 * empty block of thoughts. github.com/QwenLM/Qwen3-Embedding
 */
const prefix = `<|im_start|>system
Judge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>
<|im_start|>user
`;
const suffix = `<|im_end|>
<|im_start|>assistant
<think>

</think>

`;

/**
 * The prompt for each document, of at most `maxTokens`. The template is always whole: of a long question stays what fits
 * into a quarter, of a document what then has room. Control tokens in either are text.
 */
export function formatRerankPrompts(
  tokens: Tokens,
  task: string,
  query: string,
  documents: readonly string[],
  maxTokens: number,
): readonly (readonly number[])[] {
  const before = tokens.encode(prefix, maxTokens);
  const after = tokens.encode(suffix, maxTokens);
  const room = maxTokens - before.length - after.length;
  const question = cut(tokens, query, Math.floor(room / 4));
  const head = `<Instruct>: ${task}\n<Query>: ${question}\n<Document>: `;
  return documents.map((document) => [...before, ...tokens.encode(head + tokens.disarm(document), room), ...after]);
}

function cut(tokens: Tokens, query: string, most: number): string {
  const text = tokens.disarm(query);
  const ids = tokens.encode(text, most + 1);
  return ids.length <= most ? text : tokens.decode(ids.slice(0, most)).replace(/\uFFFD+$/, "");
}
