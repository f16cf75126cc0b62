import type { ContentPart, ModelMessage } from "../core/model.ts";
import type { StepRecord } from "../core/store.ts";
import { charsPerToken, estimateTokens } from "./context.ts";
import { cutText } from "./tool-call.ts";

/** What is left of a result that had to make room. */
const keptChars = 400;
/** The words about what is missing. */
const noteChars = 40;
/** Room is made for several steps at once: every cut costs the provider's cached prompt from there on. */
const cutTo = 0.7;

/**
 * The messages of a turn's steps, within `maxTokens`: where they grow beyond it, results of tools that the model has
 * read already are cut, the oldest first, and then what the newest step brought, evenly. The same steps give the same
 * messages whenever they are asked for, and more steps begin with the same messages until there is no room again.
 */
export function fitSteps(steps: readonly StepRecord[], maxTokens: number): readonly ModelMessage[] {
  const fitted: ModelMessage[] = [];
  let used = 0;
  for (const [index, { message }] of steps.entries()) {
    fitted.push(message);
    used += estimateTokens(message);
    const isRoundOver = index === steps.length - 1 || steps[index + 1]?.message.role === "assistant";
    if (used <= maxTokens || !isRoundOver) continue;
    const newest = fitted.findLastIndex(({ role }) => role === "assistant");
    for (let at = 0; at < newest && used > maxTokens * cutTo; at += 1) cut(at, keptChars);
    if (used <= maxTokens) continue;
    const round = fitted.slice(newest + 1).flatMap(({ content }) => content.filter(isResult));
    const taken = round.reduce((sum, { output }) => sum + output.length, 0);
    const share = Math.floor((taken - (used - maxTokens) * charsPerToken) / Math.max(1, round.length)) - noteChars;
    for (let at = newest + 1; at < fitted.length; at += 1) cut(at, Math.max(keptChars, share));
  }
  return fitted;

  function cut(at: number, maxChars: number): void {
    const [whole, before] = [steps[at]?.message, fitted[at]];
    if (whole === undefined || before === undefined) return;
    const content = whole.content.map((part) =>
      isResult(part) ? { ...part, output: cutText(part.output, maxChars) } : part,
    );
    fitted[at] = { ...whole, content };
    used += estimateTokens(fitted[at]) - estimateTokens(before);
  }
}

function isResult(part: ContentPart): part is Extract<ContentPart, { type: "toolResult" }> {
  return part.type === "toolResult";
}
