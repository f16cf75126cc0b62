import { checkInput } from "../core/check-input.ts";
import { AppError, describeError } from "../core/errors.ts";
import type { ContentPart } from "../core/model.ts";
import type { Tool, ToolContext, ToolOutput } from "../core/tool.ts";
import type { ToolCall } from "./step.ts";

/** Of one call, to go out with the answer. */
const maxAttachments = 5;

export type ToolResult = Extract<ContentPart, { type: "toolResult" }>;

/** A result and, when the tool has one, its work for the transaction that records it. */
export interface CallOutcome {
  readonly result: ToolResult;
  readonly commit?: NonNullable<ToolOutput["commit"]>;
  /** Not one of ours: a bug worth a log line with its stack. */
  readonly fault?: unknown;
}

/** What went wrong in a tool's own words may be long, too. */
const maxReasonChars = 1_000;

export function refuseCall(call: ToolCall, reason: string): ToolResult {
  return { type: "toolResult", id: call.id, name: call.name, output: cutText(reason, maxReasonChars), isError: true };
}

/** Why this call makes no sense, in words that tell the model what to mend; undefined: it does. */
export function findInputFault(call: ToolCall, tool: Tool): string | undefined {
  if (typeof call.input !== "object" || call.input === null || Array.isArray(call.input))
    return "The input is not valid: it is not a JSON object.";
  const fault = checkInput(tool.inputSchema, call.input);
  return fault === undefined ? undefined : `The input is not valid: ${fault}`;
}

/**
 * Runs one tool call whose input has no fault: time and output bounded. Never throws, except AppError "aborted" when
 * the turn itself was stopped: every other failure is a result that the model reads.
 */
export async function runToolCall(call: ToolCall, tool: Tool, context: ToolContext): Promise<CallOutcome> {
  const timeout = AbortSignal.timeout(tool.timeoutMs);
  try {
    const signal = AbortSignal.any([context.signal, timeout]);
    const output = await untilAborted(tool.run(call.input, { ...context, signal }), signal);
    const result: ToolResult = {
      type: "toolResult",
      id: call.id,
      name: call.name,
      output: cutText(output.text, tool.maxOutputChars),
      isError: false,
      ...(output.isOutside ? { isOutside: true } : {}),
      ...(output.attachments === undefined ? {} : { attachments: output.attachments.slice(0, maxAttachments) }),
    };
    return output.commit === undefined ? { result } : { result, commit: output.commit };
  } catch (error) {
    if (context.signal.aborted) throw new AppError("aborted", "The turn was stopped.", { cause: error });
    if (timeout.aborted) {
      const doubt =
        tool.effect === "read" ? "" : " It may or may not have taken effect. Do not repeat it; tell the person.";
      return {
        result: refuseCall(call, `The tool took longer than ${tool.timeoutMs / 1000} s and was stopped.${doubt}`),
      };
    }
    if (error instanceof AppError) return { result: refuseCall(call, describeError(error)) };
    return { result: refuseCall(call, "The tool failed in an unexpected way."), fault: error };
  }
}

/** A tool that ignores its signal must not hold the turn. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new AppError("aborted", "The tool was stopped."));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The beginning of a text that is too long, and how much is missing. */
export function cutText(text: string, maxChars: number): string {
  return text.length <= maxChars
    ? text
    : `${text.slice(0, maxChars).toWellFormed()}\n[cut: ${text.length - maxChars} more characters]`;
}
