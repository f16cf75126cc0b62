import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart, LanguageModelV4Usage } from "@ai-sdk/provider";
import type { ContentPart, ModelEvent, StopReason } from "../core/model.ts";
import { createThinkSplitter } from "./think-tags.ts";

type ToolCall = Extract<ContentPart, { type: "toolCall" }>;
type Thought = Extract<ContentPart, { type: "thought" }>;

/** What a provider said at the end; token counts are undefined where it did not count. */
export interface StreamEnd {
  readonly stop: StopReason;
  readonly usage: LanguageModelV4Usage;
  readonly thoughts: readonly Thought[];
}

/** A part of a stream, in our words. `failure` is an error in the provider's shape, `end` came with its finish. */
export type StreamPiece =
  | Extract<ModelEvent, { type: "text" | "thought" | "toolCall" }>
  | { readonly type: "failure"; readonly error: unknown }
  | { readonly type: "end"; readonly end: StreamEnd };

const finishedTooEarly = { name: "AI_StreamEndedError", message: "The stream ended early." };

/**
 * Turns the parts of one AI SDK stream into our pieces, one call per part. `keepsThoughts`: are thoughts without
 * metadata to be sent back in the next step (OpenAI-compatible servers with a reasoning field)?
 *
 * A tool call whose arguments are not a JSON object is passed on with the raw text as `input`, so that the check
 * against the tool's schema fails and the model reads why. If the answer was cut off at its token limit, such a call
 * is only the beginning of one and is dropped.
 */
export function createPartReader(settings: {
  readonly stripsThinkTags: boolean;
  readonly keepsThoughts: boolean;
}): (part: LanguageModelV4StreamPart) => readonly StreamPiece[] {
  const splitter = settings.stripsThinkTags ? createThinkSplitter() : undefined;
  const open = new Map<string, { text: string; metadata: Record<string, unknown> | undefined }>();
  const thoughts: Thought[] = [];
  const garbled: ToolCall[] = [];
  let hasCalls = false;

  function closeThought(id: string): void {
    const thought = open.get(id);
    if (thought === undefined) return;
    open.delete(id);
    const metadata = thought.metadata ?? (settings.keepsThoughts ? { openaiCompatible: {} } : undefined);
    if (metadata !== undefined) thoughts.push({ type: "thought", text: thought.text, providerMetadata: metadata });
  }

  function finish(reason: LanguageModelV4FinishReason, usage: LanguageModelV4Usage): StreamPiece[] {
    const rest = [...(splitter?.end() ?? [])];
    // "other" without the provider's own word means that no such word came.
    if (
      reason.unified === "error" ||
      reason.unified === "interrupted" ||
      (reason.unified === "other" && reason.raw === undefined)
    )
      return [...rest, { type: "failure", error: finishedTooEarly }];
    for (const id of open.keys()) closeThought(id);
    const isCut = reason.unified === "length";
    if (!isCut && garbled.length > 0) hasCalls = true;
    const stop: StopReason = isCut
      ? "length"
      : reason.unified === "content-filter"
        ? "filtered"
        : hasCalls
          ? "toolCalls"
          : "end";
    return [...rest, ...(isCut ? [] : garbled), { type: "end", end: { stop, usage, thoughts } }];
  }

  return function readPart(part) {
    switch (part.type) {
      case "text-delta":
        if (part.delta === "") return [];
        return splitter ? splitter.push(part.delta) : [{ type: "text", text: part.delta }];
      case "text-end":
        return splitter?.end() ?? [];
      case "reasoning-start":
        open.set(part.id, { text: "", metadata: part.providerMetadata });
        return [];
      case "reasoning-delta": {
        const thought = open.get(part.id);
        if (thought) {
          thought.text += part.delta;
          if (part.providerMetadata) thought.metadata = mergeMetadata(thought.metadata, part.providerMetadata);
        }
        return part.delta === "" ? [] : [{ type: "thought", text: part.delta }];
      }
      case "reasoning-end": {
        const thought = open.get(part.id);
        if (thought && part.providerMetadata) thought.metadata = mergeMetadata(thought.metadata, part.providerMetadata);
        closeThought(part.id);
        return [];
      }
      case "tool-call": {
        if (part.providerExecuted === true) return [];
        const input = parseInput(part.input);
        const metadata = part.providerMetadata === undefined ? {} : { providerMetadata: part.providerMetadata };
        const call: ToolCall = {
          type: "toolCall",
          id: part.toolCallId,
          name: part.toolName,
          input,
          ...metadata,
        };
        if (typeof input === "string") {
          garbled.push(call);
          return [];
        }
        hasCalls = true;
        return [call];
      }
      case "finish":
        return finish(part.finishReason, part.usage);
      case "error":
        return [{ type: "failure", error: part.error }];
      default:
        return [];
    }
  };
}

/** Is this part, or one that belongs to it, something the model said? Until then a stream is only being opened. */
export function isContent(part: LanguageModelV4StreamPart): boolean {
  return (
    part.type !== "stream-start" && part.type !== "response-metadata" && part.type !== "ping" && part.type !== "raw"
  );
}

function parseInput(input: string): unknown {
  if (input.trim() === "") return {};
  try {
    const parsed: unknown = JSON.parse(input);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : input;
  } catch {
    return input;
  }
}

/** Two levels deep: provider, then its fields; a signature comes after the thought's id. */
function mergeMetadata(
  before: Record<string, unknown> | undefined,
  more: Record<string, unknown>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...before };
  for (const [provider, fields] of Object.entries(more))
    merged[provider] = { ...(merged[provider] as object | undefined), ...(fields as object) };
  return merged;
}
