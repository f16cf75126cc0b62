import type { Address, Attachment, Person } from "./message.ts";
import type { StoreTransaction } from "./store.ts";

/**
 * What a tool does to the world. "read" looks only; "write" changes our own state; "send" makes something visible to
 * other people; "execute" runs code; "destroy" cannot be undone.
 */
export type Effect = "read" | "write" | "send" | "execute" | "destroy";

/** What a tool is given besides its input. */
export interface ToolContext {
  readonly conversation: string;
  readonly address: Address;
  readonly sender: Person;
  /** Do others read the answer, too? Absent: nobody can tell. */
  readonly isGroup?: boolean;
  /** Is text from outside in this turn? Absent: nobody can tell. */
  readonly isTainted?: boolean;
  readonly turnId: string;
  /** The same in every attempt at this very call, resumption after a crash included. */
  readonly idempotencyKey: string;
  /** Aborts on timeout, /stop and shutdown. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}

export interface ToolOutput {
  /** What the model reads. Cut to the tool's output limit. */
  readonly text: string;
  /** Did text from outside (a web page, somebody's file) come in with it? Then the turn is tainted. */
  readonly isOutside: boolean;
  readonly attachments?: readonly Attachment[];
  /** Work for the transaction that records this result: effects on our own store happen exactly once with it. */
  readonly commit?: (transaction: StoreTransaction) => Promise<void>;
}

export interface Tool {
  /** snake_case, unique. */
  readonly name: string;
  /** For the model: what it does, when to use it. Short: it is part of the prompt. */
  readonly description: string;
  /** JSON Schema of the input object. Input is checked against it before `run`. */
  readonly inputSchema: Record<string, unknown>;
  readonly effect: Effect;
  /** Words (lower case) that suggest this tool; it is offered when the conversation holds one of them, or always when empty. */
  readonly keywords: readonly string[];
  readonly timeoutMs: number;
  readonly maxOutputChars: number;
  /** Shows a person exactly what would be done. Used on approval cards; CommonMark. */
  describe?(input: unknown): string;
  /** May throw: an AppError's message and hint become the result the model reads; other errors are logged. */
  run(input: unknown, context: ToolContext): Promise<ToolOutput>;
}
