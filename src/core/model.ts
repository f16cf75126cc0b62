import type { Attachment } from "./message.ts";
import type { Effect } from "./tool.ts";

/** A part of what was said to or by a model. */
export type ContentPart =
  /** `isOutside`: written by somebody who is not trusted; taints the turn that reads it. */
  | { readonly type: "text"; readonly text: string; readonly isOutside?: boolean }
  /** A model's private reasoning: kept for the provider that wants it back, never shown or sent. */
  | { readonly type: "thought"; readonly text: string; readonly providerMetadata?: Record<string, unknown> }
  | {
      readonly type: "toolCall";
      readonly id: string;
      readonly name: string;
      readonly input: unknown;
      readonly providerMetadata?: Record<string, unknown>;
    }
  | {
      readonly type: "toolResult";
      readonly id: string;
      readonly name: string;
      readonly output: string;
      readonly isError: boolean;
      readonly isOutside?: boolean;
      /** Files that the tool made: they go out with the answer of the turn. Not shown to the model. */
      readonly attachments?: readonly Attachment[];
    }
  | { readonly type: "file"; readonly mimeType: string; readonly name: string; readonly base64: string };

export interface ModelMessage {
  readonly role: "user" | "assistant" | "tool";
  readonly content: readonly ContentPart[];
}

export interface ToolDescription {
  readonly name: string;
  readonly description: string;
  /** JSON Schema (draft 2020-12) of an object. */
  readonly inputSchema: Record<string, unknown>;
  readonly effect: Effect;
}

export interface ModelRequest {
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ToolDescription[];
  readonly maxTokens?: number;
  readonly temperature?: number;
  /** Stable key for providers that route by it to a warm prompt cache: the conversation. */
  readonly cacheKey?: string;
  /** Ask for an object of this schema instead of prose. */
  readonly jsonSchema?: Record<string, unknown>;
}

/**
 * Tokens as the provider counted them. Where it did not count, or the answer broke off before it could, they are
 * estimated at four characters a token: budgets must not stand still.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Part of inputTokens that the provider read from its cache. */
  readonly cachedTokens: number;
}

/** What one call of a model took. */
export interface Spend {
  readonly usage: Usage;
  /** The model that answered: behind a fallback list not always the one asked. */
  readonly modelId: string;
  /** In millionths of a US dollar; 0 for local models; undefined when no price is known. */
  readonly costMicros?: number;
}

export type StopReason = "end" | "toolCalls" | "length" | "filtered";

/**
 * What a model's stream yields. `done` or `error` comes exactly once, last. The iterator never throws: a failure is
 * its last event.
 */
export type ModelEvent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thought"; readonly text: string }
  | Extract<ContentPart, { type: "toolCall" }>
  /** What an attempt had taken when it broke off in the middle. Others may follow: the next model's, and the end. */
  | ({ readonly type: "spent" } & Spend)
  | ({ readonly type: "done" } & Spend & {
        readonly stop: StopReason;
        /** Complete thoughts with the provider's own metadata, to be sent back to it in the next step. */
        readonly thoughts?: readonly Extract<ContentPart, { type: "thought" }>[];
      })
  | {
      readonly type: "error";
      readonly message: string;
      readonly retryable: boolean;
      readonly retryAfterMs?: number;
      /** "aborted" when our own signal ended it. */
      readonly reason: "aborted" | "rejected" | "unavailable" | "garbled" | "timeout";
    };

export interface Model {
  /** Such as "openai/gpt-5" or "offline". */
  readonly id: string;
  readonly contextTokens: number;
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}
