import type { ChatHistoryItem, ChatModelFunctions, GbnfJsonSchema } from "node-llama-cpp";
import type { ErrorCode } from "../../core/errors.ts";
import type { ModelEvent, StopReason, Usage } from "../../core/model.ts";

/*
 * What the service and a process of the engine say to each other: plain data. One process holds one model and works on
 * one request at a time.
 */

export interface LoadOrder {
  readonly type: "load";
  readonly file: string;
  readonly contextTokens: number;
  /** At most this many; absent: as many as the machine can spare. */
  readonly threads?: number;
  /** "auto": what is there. */
  readonly gpu: "auto" | false;
  /** Where read prompts are kept; absent: nowhere. */
  readonly prefixes?: PrefixSettings;
}

export interface PrefixSettings {
  readonly folder: string;
  readonly maxFiles: number;
  readonly maxBytes: number;
  /** Reading less than this many tokens again is not worth a file. */
  readonly minTokens: number;
}

export interface RunOrder {
  readonly type: "run";
  readonly id: number;
  readonly history: readonly ChatHistoryItem[];
  readonly functions?: ChatModelFunctions;
  readonly grammar?: GbnfJsonSchema;
  readonly maxTokens?: number;
  readonly temperature: number;
}

export type Order = LoadOrder | RunOrder | { readonly type: "abort"; readonly id: number };

/** Something the model said. `raw` is a call in its own words, so that the next request repeats them exactly. */
export type Saying =
  | Extract<ModelEvent, { type: "text" | "thought" }>
  | { readonly type: "call"; readonly name: string; readonly input: unknown; readonly raw: unknown };

export type Report =
  | { readonly type: "loaded"; readonly contextTokens: number; readonly residentBytes: number }
  | { readonly type: "not-loaded"; readonly code: ErrorCode; readonly message: string; readonly hint?: string }
  /** It lives, and reads. */
  | { readonly type: "reading"; readonly id: number }
  | { readonly type: "said"; readonly id: number; readonly saying: Saying }
  | {
      readonly type: "finished";
      readonly id: number;
      readonly stop: StopReason;
      readonly usage: Usage;
      readonly residentBytes: number;
    }
  | {
      readonly type: "failed";
      readonly id: number;
      readonly reason: "aborted" | "rejected" | "unavailable" | "garbled";
      readonly message: string;
      readonly residentBytes: number;
    };
