import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tokenize } from "../../../src/memory/ranking/index.ts";

/** A name whose length of vectors is known; nothing else of that model is here. */
const model = "bge-m3";
const dimensions = 1024;

export interface EmbeddingServer {
  /** A `parlance.yaml` whose memory asks this server. */
  readonly config: string;
  /** Texts that were embedded. */
  readonly texts: () => number;
  close(): Promise<void>;
}

/**
 * Answers like an OpenAI-compatible `/v1/embeddings`, on loopback. Its vectors are sums of random directions, one for each
 * word: they show that the way through an embedder works, and say nothing about what a trained one would find.
 */
export async function startEmbeddingServer(): Promise<EmbeddingServer> {
  let count = 0;
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { input } = JSON.parse(Buffer.concat(parts).toString("utf8")) as { input: string | readonly string[] };
    const texts = typeof input === "string" ? [input] : input;
    count += texts.length;
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        object: "list",
        model,
        data: texts.map((text, index) => ({ object: "embedding", index, embedding: project(text) })),
        usage: { prompt_tokens: texts.length, total_tokens: texts.length },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const alias = {
    provider: "openai-compatible",
    baseUrl: `http://127.0.0.1:${port}/v1`,
    model,
    apiKey: "none",
  };
  return {
    config: JSON.stringify({ models: { aliases: { meaning: alias } }, memory: { embedder: "meaning" } }),
    texts: () => count,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

function project(text: string): number[] {
  const vector = Array.from({ length: dimensions }, (): number => 0);
  for (const term of tokenize(text)) {
    let state = 2_166_136_261;
    for (const sign of term) state = Math.imul(state ^ (sign.codePointAt(0) ?? 0), 16_777_619);
    for (let at = 0; at < dimensions; at += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      vector[at] = (vector[at] ?? 0) + (state < 0 ? -1 : 1);
    }
  }
  const isEmpty = !vector.some((value) => value !== 0);
  return isEmpty ? [1, ...vector.slice(1)] : vector;
}
