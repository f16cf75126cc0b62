import type { ModelMessage } from "../core/model.ts";
import type { StoredMessage } from "../core/store.ts";

/** Characters a token stands for, on the safe side for European languages. */
export const charsPerToken = 3.5;
/** Roles, separators and ids that providers add around every message. */
const tokensPerMessage = 6;

/** An estimate, good to about 20%; exact counts come back with the usage. */
export function estimateTokens(message: ModelMessage): number {
  let chars = 0;
  for (const part of message.content) {
    if (part.type === "text" || part.type === "thought") chars += part.text.length;
    else if (part.type === "toolCall") chars += part.name.length + JSON.stringify(part.input ?? null).length;
    else if (part.type === "toolResult") chars += part.output.length;
    else chars += 4_000; // an image costs about a thousand tokens
  }
  return Math.ceil(chars / charsPerToken) + tokensPerMessage;
}

export interface PickedContext {
  /** What the model is shown, oldest first. */
  readonly kept: readonly StoredMessage[];
  /** Older messages that do not fit: to be summarised. Never pinned ones. */
  readonly left: readonly StoredMessage[];
}

/**
 * Picks the newest whole turns that fit the budget, and every pinned message. A turn is never cut in two, so a tool
 * call keeps its result. The newest turn is always kept.
 */
export function pickContext(
  history: readonly StoredMessage[],
  maxTokens: number,
  maxMessages = Number.POSITIVE_INFINITY,
): PickedContext {
  const turns = groupByTurn(history);
  let budget = maxTokens - sum(history.filter((message) => message.isPinned));
  let count = 0;
  let first = turns.length;
  while (first > 0) {
    const turn = (turns[first - 1] ?? []).filter((message) => !message.isPinned);
    const cost = sum(turn);
    if ((cost > budget || count + turn.length > maxMessages) && first < turns.length) break;
    budget -= cost;
    count += turn.length;
    first -= 1;
  }
  const older = turns.slice(0, first).flat();
  return {
    kept: [...older.filter((message) => message.isPinned), ...turns.slice(first).flat()],
    left: older.filter((message) => !message.isPinned),
  };
}

function groupByTurn(history: readonly StoredMessage[]): StoredMessage[][] {
  const turns: StoredMessage[][] = [];
  for (const message of history) {
    const last = turns.at(-1);
    if (last !== undefined && last[0]?.turnId === message.turnId) last.push(message);
    else turns.push([message]);
  }
  return turns;
}

function sum(messages: readonly StoredMessage[]): number {
  return sumTokens(messages.map(({ message }) => message));
}

export function sumTokens(messages: readonly ModelMessage[]): number {
  return messages.reduce((total, message) => total + estimateTokens(message), 0);
}

/** Plain text of what people and the model said, without thoughts. */
export function textOf(message: ModelMessage): string {
  return message.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

export function isOutside(message: ModelMessage): boolean {
  return message.content.some((part) => "isOutside" in part && part.isOutside);
}
