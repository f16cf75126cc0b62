import type { Choice, InboundMessage } from "../../core/message.ts";
import type { Persona } from "../../core/persona.ts";
import type { ConversationState, Role, Store, StoreTransaction } from "../../core/store.ts";
import type { PipelineDeps } from "../deps.ts";

/** What a command is given. */
export interface CommandContext {
  readonly message: InboundMessage;
  readonly role: Role;
  /** The words behind the command, trimmed. */
  readonly argument: string;
  readonly conversation: ConversationState;
  readonly store: Store;
  readonly now: number;
  readonly personas: ReadonlyMap<string, Persona>;
  readonly modelAliases: readonly string[];
  /** Persona and model that would answer now. */
  readonly current: { readonly persona: string; readonly personaReason: string; readonly model: string };
  /** Everything the pipeline has, for commands that look further than the conversation. */
  readonly deps: PipelineDeps;
}

/** What a command answers, and its work for the transaction that records the answer. */
export interface CommandResult {
  readonly text: string;
  readonly choices?: readonly Choice[];
  readonly commit?: (transaction: StoreTransaction) => Promise<void>;
}

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** The least role that may use it. */
  readonly role: Exclude<Role, "blocked">;
  /** Absent: done by the front door itself, ahead of the mailbox. */
  readonly run?: (context: CommandContext) => Promise<CommandResult>;
}

const ranks: Readonly<Record<Role, number>> = { blocked: 0, guest: 1, member: 2, admin: 3, owner: 4 };

export function hasRole(role: Role, needed: Role): boolean {
  return ranks[role] >= ranks[needed];
}

/** The name and argument of "/name argument" (Telegram's "/name@bot" too); undefined: not a command. */
export function parseCommand(text: string): { readonly name: string; readonly argument: string } | undefined {
  const [, name, argument = ""] = /^\/([a-z][\w-]*)(?:@\w+)?(?:\s+([^]*))?$/i.exec(text.trim()) ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase(), argument: argument.trim() };
}
