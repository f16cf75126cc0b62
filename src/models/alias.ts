/** Dollars per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Input that the provider read from its cache; absent: as `input`. */
  readonly cached?: number;
  /** Input that the provider wrote to its cache; absent: as `input`. */
  readonly cacheWrite?: number;
}

/** "llama" runs in our own process tree; its engine comes in as `deps.createLocal`. "onnx" is for embeddings only. */
export type ProviderName =
  | "openai"
  | "anthropic"
  | "google"
  | "azure"
  | "bedrock"
  | "openai-compatible"
  | "llama"
  | "onnx"
  | "offline";

/** One entry of `models.aliases`. Secrets are resolved already: nothing here reads the environment. */
export interface AliasConfig {
  readonly provider: ProviderName;
  /** The provider's name of it; for azure the deployment's. */
  readonly model: string;
  readonly baseUrl?: string;
  readonly apiKey?: string;
  /** Aliases to turn to, in order, when this one does not answer. */
  readonly fallback?: readonly string[];
  readonly contextTokens?: number;
  /** Most tokens of one answer, where a request does not say. */
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly price?: Price;
  readonly headers?: Readonly<Record<string, string>>;
  /** azure: the resource's name, unless baseUrl is given. */
  readonly resourceName?: string;
  /** azure */
  readonly apiVersion?: string;
  /** bedrock; with it either apiKey (bearer token) or the two access keys. */
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** Longest silence within a stream, in ms. Default 60,000. */
  readonly idleTimeoutMs?: number;
  /** Longest wait for the first token, in ms. Default 120,000: local models read long prompts slowly. */
  readonly firstTokenTimeoutMs?: number;
  /** llama: when it leaves memory; default "hibernate", 5 minutes after its last use. */
  readonly life?: "immediate" | "hibernate" | "keep";
  /** Embeddings: length of the vectors, where the model leaves a choice. */
  readonly dimensions?: number;
  /** Embeddings: what a question is for, in the model's instruction. */
  readonly task?: string;
}

export interface ModelsConfig {
  readonly default: string;
  readonly aliases: Readonly<Record<string, AliasConfig>>;
}

/** Such as "anthropic/claude-sonnet-5". */
export function modelId(alias: AliasConfig): string {
  return alias.provider === "offline" ? "offline" : `${alias.provider}/${alias.model}`;
}
