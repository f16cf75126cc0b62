import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface AskedVectors {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  /** The texts of this call. */
  readonly texts: readonly string[];
}

export interface FailedAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakeEmbeddings {
  readonly url: string;
  readonly asked: readonly AskedVectors[];
  /** From now on: answer, stay silent, answer with this, shuffle OpenAI's list, or leave the last vector out. */
  set(mode: "answer" | "hang" | "shuffle" | "forget" | FailedAnswer): void;
  close(): Promise<void>;
}

export type EmbeddingWire = "openai" | "google" | "titan" | "cohere" | "nova";

/**
 * A loopback stand-in for a provider's embeddings, in the shapes of its answers as recorded. A text's vector is made of
 * its words' letters, with `dimensions` numbers (or as many as the call asks for) and never of length 1.
 */
export async function createFakeEmbeddings(wire: EmbeddingWire, dimensions: number): Promise<FakeEmbeddings> {
  const asked: AskedVectors[] = [];
  let mode: Parameters<FakeEmbeddings["set"]>[0] = "answer";
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
      const texts = readTexts[wire](body);
      asked.push({ path: request.url ?? "", headers: request.headers, body, texts });
      if (mode === "hang") return;
      if (typeof mode === "object") {
        response.writeHead(mode.status, { "content-type": "application/json", ...mode.headers });
        return response.end(mode.body);
      }
      const wished = JSON.stringify(body).match(
        /"(?:dimensions|outputDimensionality|output_dimension|embeddingDimension)":(\d+)/,
      );
      const vectors = texts.map((text) =>
        embedLetters(text, wished?.[1] === undefined ? dimensions : Number(wished[1])),
      );
      if (mode === "forget") vectors.pop();
      const answer = formats[wire](vectors, texts);
      if (mode === "shuffle" && Array.isArray(answer["data"])) answer["data"].reverse();
      response.writeHead(200, { "content-type": "application/json", "x-amzn-bedrock-input-token-count": "7" });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    set(next) {
      mode = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Body = Readonly<Record<string, unknown>>;

const readTexts: Record<EmbeddingWire, (body: Body) => readonly string[]> = {
  openai: (body) => body["input"] as string[],
  google: (body) => {
    const requests = (body["requests"] ?? [body]) as {
      readonly content: { readonly parts: readonly { text: string }[] };
    }[];
    return requests.map(({ content }) => content.parts.map(({ text }) => text).join(""));
  },
  titan: (body) => [body["inputText"] as string],
  cohere: (body) => body["texts"] as string[],
  nova: (body) => [(body["singleEmbeddingParams"] as { readonly text: { readonly value: string } }).text.value],
};

const formats: Record<
  EmbeddingWire,
  (vectors: readonly number[][], texts: readonly string[]) => Record<string, unknown>
> = {
  openai: (vectors, texts) => ({
    object: "list",
    data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
    model: "fake",
    usage: { prompt_tokens: texts.length * 5, total_tokens: texts.length * 5 },
  }),
  google: (vectors, texts) =>
    texts.length === 1
      ? { embedding: { values: vectors[0] ?? [] } }
      : { embeddings: vectors.map((values) => ({ values })) },
  titan: (vectors) => ({ embedding: vectors[0], inputTextTokenCount: 5 }),
  cohere: (vectors, texts) => ({ id: "1", response_type: "embeddings_floats", embeddings: vectors, texts }),
  nova: (vectors) => ({
    embeddings: vectors.map((embedding) => ({ embeddingType: "TEXT", embedding })),
    inputTokenCount: 5,
  }),
};

function embedLetters(text: string, dimensions: number): number[] {
  const vector = Array.from({ length: dimensions }, () => 0.01);
  for (const [at, byte] of Buffer.from(text.slice(0, 2_000)).entries()) {
    const place = (byte * 31 + (at % 7)) % dimensions;
    vector[place] = (vector[place] ?? 0) + 1;
  }
  return vector;
}
