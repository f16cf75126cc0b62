import { AppError, isAppError, type ErrorCode } from "../../core/errors.ts";

/** What a worker is started with. */
export interface WorkerSettings {
  readonly kind: "embedding" | "reranker";
  /** The alias, for messages. */
  readonly name: string;
  readonly folder: string;
  readonly dimensions: number;
  /** What is looked for, in a sentence that the model reads before each question. */
  readonly task: string;
  readonly threads: number;
  readonly maxTokens: number;
  readonly maxBatchTokens: number;
  /** The model that passed its test texts before; it is not asked again. */
  readonly trusted?: string;
}

export type Job =
  | { readonly type: "embed"; readonly texts: readonly string[]; readonly kind: "query" | "document" }
  | { readonly type: "score"; readonly query: string; readonly documents: readonly string[] };

export type ToWorker =
  | { readonly type: "run"; readonly id: number; readonly job: Job }
  | { readonly type: "stop"; readonly id: number };

export type FromWorker =
  | { readonly type: "loaded"; readonly loaded: Loaded }
  | { readonly type: "refused"; readonly failure: Failure }
  /** The vectors one after the other, or the scores. */
  | { readonly type: "done"; readonly id: number; readonly numbers: Float32Array<ArrayBuffer> }
  | { readonly type: "failed"; readonly id: number; readonly failure: Failure };

export interface Loaded {
  /** Tells this very file from others. */
  readonly fingerprint: string;
  /** False: nothing is known to compare its answers with. */
  readonly isTested: boolean;
  /** False: its results depend on what else is in the batch, so each text is computed alone. */
  readonly canBatch: boolean;
}

/** An error that can be posted. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly retryAfterMs?: number;
}

export function formatFailure(error: unknown, name: string): Failure {
  if (!isAppError(error)) {
    const words = error instanceof Error ? error.message : String(error);
    return { code: "model-failed", message: `Model "${name}" failed: ${words.replace(/\s+/g, " ").slice(0, 200)}` };
  }
  const { code, message, hint, retryAfterMs } = error;
  return {
    code,
    message: message.includes(`"${name}"`) ? message : `Model "${name}": ${message}`,
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

export function parseFailure({ code, message, ...options }: Failure): AppError {
  return new AppError(code, message, options);
}
