/** Turns texts into vectors of length one, so that their dot product says how near they are in meaning. */
export interface Embedder {
  /** Of model and dimensions, such as "onnx/qwen3-embedding-0.6b/512": vectors of different ids are not comparable. */
  readonly id: string;
  readonly dimensions: number;
  /**
   * One vector of length 1 for each text, in their order. "query" puts the model's instruction before the text where it
   * wants one; documents are taken bare, and long texts are cut to what the model reads. Throws AppError: "aborted";
   * "model-failed" (with retryAfterMs when trying again may help); "package-missing" or "config-invalid" when it cannot
   * begin at all.
   */
  embed(texts: readonly string[], kind: "query" | "document", signal: AbortSignal): Promise<readonly Float32Array[]>;
  /** Gives memory back; the next call loads anew. */
  close(): Promise<void>;
}

/** Reads question and document together: slower and more exact than comparing vectors. */
export interface Reranker {
  readonly id: string;
  /** From 0 (has nothing to do with it) to 1, one for each document. Throws AppError like an Embedder. */
  score(query: string, documents: readonly string[], signal: AbortSignal): Promise<readonly number[]>;
  close(): Promise<void>;
}
