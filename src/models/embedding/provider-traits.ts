import type { SharedV4ProviderOptions } from "@ai-sdk/provider";
import { AppError } from "../../core/errors.ts";
import type { AliasConfig } from "../alias.ts";

/** An alias that turns text into vectors. */
export interface EmbeddingAlias extends AliasConfig {
  /** How many numbers a vector has; fewer than the model makes only where the model was trained for it (Matryoshka). */
  readonly dimensions?: number;
  /** onnx: what is looked for, in an English sentence. */
  readonly task?: string;
}

type Kind = "query" | "document";

/** How a provider's embedding model wants to be asked. */
export interface EmbeddingTraits {
  readonly dimensions: number;
  /** Whether the provider is told how many numbers we want; else its vectors are cut here. */
  readonly sendsDimensions: boolean;
  readonly prefix: Readonly<Record<Kind, string>>;
  options(kind: Kind): SharedV4ProviderOptions;
}

/** Length of the vectors, where the makers' pages give it. */
const knownDimensions: readonly (readonly [RegExp, number])[] = [
  [/text-embedding-3-large/, 3072],
  [/text-embedding-(3-small|ada-002)/, 1536],
  [/gemini-embedding/, 3072],
  [/titan-embed-text-v1/, 1536],
  [/titan-embed-text-v2/, 1024],
  [/cohere\.embed-(english|multilingual)-v3/, 1024],
  [/cohere\.embed-v4/, 1536],
  [/nova-.*embed/, 1024],
  [/qwen3-embedding[:-]0\.6b/, 1024],
  [/nomic-embed-text|embeddinggemma/, 768],
  [/mxbai-embed-large|bge-m3/, 1024],
];

const none: EmbeddingTraits["prefix"] = { query: "", document: "" };
const gemma: EmbeddingTraits["prefix"] = { query: "task: search result | query: ", document: "title: none | text: " };

/** Words that a model was trained to see before a text, from the models' cards. Servers do not add them. */
const knownPrefixes: readonly (readonly [RegExp, EmbeddingTraits["prefix"]])[] = [
  [
    /qwen3-embedding/,
    {
      query: "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:",
      document: "",
    },
  ],
  [/gemini-embedding-2|embeddinggemma/, gemma],
  [/nomic-embed-text/, { query: "search_query: ", document: "search_document: " }],
  [/mxbai-embed-large/, { query: "Represent this sentence for searching relevant passages: ", document: "" }],
  [/multilingual-e5-(small|base|large)$/, { query: "query: ", document: "passage: " }],
];

/** Throws AppError "config-invalid" when the length of the vectors is neither set nor known. */
export function pickEmbeddingTraits(name: string, alias: EmbeddingAlias): EmbeddingTraits {
  const model = alias.model.toLowerCase();
  const dimensions = alias.dimensions ?? knownDimensions.find(([pattern]) => pattern.test(model))?.[1];
  if (dimensions === undefined)
    throw new AppError("config-invalid", `models.aliases.${name}.dimensions is needed for model "${alias.model}".`, {
      hint: "It is the length of the model's vectors, which its page tells, such as dimensions: 768.",
    });
  return {
    dimensions,
    // Other servers refuse the wish or overlook it.
    sendsDimensions: alias.dimensions !== undefined && ["openai", "azure", "google"].includes(alias.provider),
    prefix: knownPrefixes.find(([pattern]) => pattern.test(model))?.[1] ?? none,
    options: (kind) => pickOptions(alias, model, kind),
  };
}

function pickOptions({ provider, dimensions }: EmbeddingAlias, model: string, kind: Kind): SharedV4ProviderOptions {
  // Its successor takes no task type but the words before the text.
  if (provider === "google" && !model.includes("gemini-embedding-2"))
    return { google: { taskType: kind === "query" ? "RETRIEVAL_QUERY" : "RETRIEVAL_DOCUMENT" } };
  if (provider !== "bedrock") return {};
  if (model.includes("cohere.embed-"))
    return {
      amazonBedrock: {
        inputType: kind === "query" ? "search_query" : "search_document",
        truncate: "END",
        ...(dimensions === undefined || model.includes("-v3") ? {} : { outputDimension: dimensions }),
      },
    };
  if (model.includes("nova-"))
    return {
      amazonBedrock: {
        embeddingPurpose: kind === "query" ? "TEXT_RETRIEVAL" : "GENERIC_INDEX",
        ...(dimensions === undefined ? {} : { embeddingDimension: dimensions }),
      },
    };
  return dimensions === undefined || !model.includes("-v2") ? {} : { amazonBedrock: { dimensions } };
}
