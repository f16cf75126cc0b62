import { AppError } from "../core/errors.ts";
import type { ContentPart, Model, ModelEvent, ModelMessage, ModelRequest, Spend } from "../core/model.ts";

export type ToolCall = Extract<ContentPart, { type: "toolCall" }>;
type Done = Extract<ModelEvent, { type: "done" }>;

/** What one call of the model came to. */
export interface ModelStep {
  readonly message: ModelMessage;
  readonly text: string;
  readonly calls: readonly ToolCall[];
}

/**
 * Calls the model once and gathers its stream. `onText` is told the whole text so far; it must not throw. `onSpend` is
 * told what the call took, also of attempts that broke off: what it throws ends the call.
 * Throws AppError: "aborted", or "model-failed" (with retryAfterMs when trying again may help).
 */
export async function runModelStep(
  model: Model,
  request: ModelRequest,
  signal: AbortSignal,
  onText: (text: string) => void,
  onSpend: (spend: Spend) => void,
): Promise<ModelStep> {
  let text = "";
  const thoughts: string[] = [];
  const calls: ToolCall[] = [];
  for await (const event of model.stream(request, signal)) {
    switch (event.type) {
      case "text":
        text += event.text;
        onText(text);
        break;
      case "thought":
        thoughts.push(event.text);
        break;
      case "toolCall":
        calls.push(event);
        break;
      case "spent":
        onSpend(event);
        break;
      case "error":
        throw toAppError(model.id, event);
      case "done":
        onSpend(event);
        return { message: toMessage(text, thoughts, calls, event), text, calls };
    }
  }
  throw new AppError("model-failed", `The model ${model.id} ended without an answer.`, { retryAfterMs: 1_000 });
}

function toMessage(text: string, thoughts: readonly string[], calls: readonly ToolCall[], done: Done): ModelMessage {
  const kept = done.thoughts ?? (thoughts.length === 0 ? [] : [{ type: "thought" as const, text: thoughts.join("") }]);
  return { role: "assistant", content: [...kept, ...(text === "" ? [] : [{ type: "text" as const, text }]), ...calls] };
}

function toAppError(modelId: string, event: Extract<ModelEvent, { type: "error" }>): AppError {
  if (event.reason === "aborted") return new AppError("aborted", "The model call was stopped.");
  const options = event.retryable ? { retryAfterMs: event.retryAfterMs ?? 1_000 } : {};
  return new AppError("model-failed", `The model ${modelId} failed: ${event.message}`, options);
}
