import type { ChatCommand } from "../core/channel.ts";
import { pickNearest } from "../core/nearest.ts";
import type { InboundMessage } from "../core/message.ts";
import { say } from "../core/say.ts";
import type { Persona } from "../core/persona.ts";
import type { ConversationState, Role, Store, StoreTransaction } from "../core/store.ts";

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
  readonly current: { readonly persona: string; readonly model: string };
  readonly status: () => Promise<string>;
}

/** What a command answers, and its work for the transaction that records the answer. */
export interface CommandResult {
  readonly text: string;
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

/** Every command that works in chat; what is not listed does not exist. */
export const commands: readonly Command[] = [
  { name: "help", usage: "/help [command]", summary: "What I understand.", role: "guest", run: help },
  {
    name: "status",
    usage: "/status",
    summary: "How I am doing: queue, models, channels.",
    role: "member",
    run: async ({ status }) => ({ text: await status() }),
  },
  { name: "whoami", usage: "/whoami", summary: "Who you are to me.", role: "guest", run: whoami },
  { name: "stop", usage: "/stop", summary: "Stops what I am doing here, at once.", role: "guest" },
  {
    name: "new",
    usage: "/new",
    summary: "Starts afresh: I no longer look at what was said before.",
    role: "guest",
    run: startNew,
  },
  {
    name: "persona",
    usage: "/persona [name|auto]",
    summary: "Shows or sets who answers here.",
    role: "member",
    run: setPersona,
  },
  {
    name: "model",
    usage: "/model [alias|auto]",
    summary: "Shows or sets the model that answers here.",
    role: "member",
    run: setModel,
  },
  {
    name: "pair",
    usage: "/pair CODE",
    summary: "Lets in the person who showed you this code.",
    role: "admin",
    run: pair,
  },
  {
    name: "approvals",
    usage: "/approvals",
    summary: "Questions that wait for an answer.",
    role: "admin",
    run: listApprovals,
  },
  { name: "approve", usage: "/approve ID", summary: "Says yes to a question of mine.", role: "admin" },
  { name: "deny", usage: "/deny ID", summary: "Says no to a question of mine.", role: "admin" },
];

/** The same for the menus of platforms. */
export const chatCommands: readonly ChatCommand[] = commands.map(({ name, usage, summary }) => ({
  name,
  summary,
  argument: usage.slice(name.length + 2),
}));

/** Runs a command, or says why not. */
export async function runCommand(name: string, context: CommandContext): Promise<CommandResult> {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const nearest = pickNearest(name, namesFor(context.role));
    return {
      text: `There is no /${name}.${nearest === undefined ? "" : ` Did you mean /${nearest}?`} \`/help\` lists what there is.`,
    };
  }
  if (!hasRole(context.role, command.role))
    return { text: `/${name} is for ${command.role}s; you are a ${context.role} here.` };
  if (command.run === undefined) return { text: `Write it as \`${command.usage}\`.` };
  return command.run(context);
}

function namesFor(role: Role): readonly string[] {
  return commands.filter((command) => hasRole(role, command.role)).map((command) => command.name);
}

async function help({ argument, role }: CommandContext): Promise<CommandResult> {
  const wanted = argument.replace(/^\//, "").toLowerCase();
  const open = commands.filter((command) => hasRole(role, command.role));
  const found =
    wanted === ""
      ? open
      : open.filter((command) => command.name === wanted || command.summary.toLowerCase().includes(wanted));
  if (found.length === 0) return { text: `I found no command for "${wanted}". \`/help\` lists all.` };
  return { text: found.map((command) => `- \`${command.usage}\`: ${command.summary}`).join("\n") };
}

async function whoami({ message, role }: CommandContext): Promise<CommandResult> {
  return {
    text: `You are ${message.sender.name} (\`${message.sender.id}\`), ${role === "owner" || role === "admin" ? "an" : "a"} ${role} here.`,
  };
}

async function startNew({ conversation }: CommandContext): Promise<CommandResult> {
  return {
    text: "A fresh start. What was said before is kept, but I no longer look at it.",
    commit: (transaction) =>
      transaction.updateConversation(conversation.id, {
        session: conversation.session + 1,
        summary: null,
        summarySeq: 0,
        isSummaryOutside: false,
      }),
  };
}

async function setPersona(context: CommandContext): Promise<CommandResult> {
  const { argument, personas, conversation } = context;
  const list = [...personas.values()].map((persona) => `- \`${persona.name}\`: ${persona.description}`).join("\n");
  if (argument === "") return { text: `Here answers **${context.current.persona}**. Others:\n\n${list}` };
  if (argument === "auto") {
    return {
      text: "The channel's own persona answers again.",
      commit: (transaction) => transaction.updateConversation(conversation.id, { persona: null }),
    };
  }
  if (!personas.has(argument)) return { text: unknownName("persona", argument, [...personas.keys()]) };
  return {
    text: `From now on **${argument}** answers here.`,
    commit: (transaction) => transaction.updateConversation(conversation.id, { persona: argument }),
  };
}

async function setModel(context: CommandContext): Promise<CommandResult> {
  const { argument, modelAliases, conversation } = context;
  if (argument === "")
    return {
      text: `Here answers **${context.current.model}**. Configured: ${modelAliases.map((alias) => `\`${alias}\``).join(", ")}.`,
    };
  if (argument === "auto") {
    return {
      text: "The persona's own model answers again.",
      commit: (transaction) => transaction.updateConversation(conversation.id, { model: null }),
    };
  }
  if (!modelAliases.includes(argument)) return { text: unknownName("model", argument, modelAliases) };
  return {
    text: `From now on the model **${argument}** answers here.`,
    commit: (transaction) => transaction.updateConversation(conversation.id, { model: argument }),
  };
}

function unknownName(kind: string, name: string, known: readonly string[]): string {
  const nearest = pickNearest(name, known);
  return `There is no ${kind} called "${name}".${nearest === undefined ? "" : ` Did you mean \`${nearest}\`?`}`;
}

async function pair({ argument, store, now, message }: CommandContext): Promise<CommandResult> {
  const code = argument.toUpperCase();
  const pending = await store.pendingPairings(now);
  if (argument === "") {
    if (pending.length === 0) return { text: "Nobody waits to be let in." };
    return {
      text: pending
        .map((request) => `- \`${request.code}\`: ${request.person.name} (\`${request.person.id}\`)`)
        .join("\n"),
    };
  }
  const request = pending.find((candidate) => candidate.code === code);
  if (request === undefined) return { text: "This code is not open: it may be mistyped, used, or older than an hour." };
  return {
    text: `${request.person.name} (\`${request.person.id}\`) is let in as a member.`,
    commit: (transaction) => confirmPairing(transaction, code, message.sender.id, now),
  };
}

/** Lets the person of an open code in as a member and tells them. Does nothing when the code was taken meanwhile. */
export async function confirmPairing(
  transaction: StoreTransaction,
  code: string,
  by: string,
  now: number,
): Promise<void> {
  const taken = await transaction.takePairing(code, now);
  if (taken === undefined) return;
  await transaction.savePerson({ id: taken.person.id, name: taken.person.name, role: "member" });
  await transaction.audit({ kind: "pairing.confirmed", actor: by, subject: taken.person.id, details: {} }, now);
  const welcome = {
    id: `paired-${code}`,
    address: taken.address,
    text: "You are let in. Write to me as you like.",
    attachments: [],
  };
  await say(transaction, welcome, now);
}

async function listApprovals({ store }: CommandContext): Promise<CommandResult> {
  const pending = await store.pendingApprovals(20);
  if (pending.length === 0) return { text: "Nothing waits for an answer." };
  return {
    text: pending
      .map(
        (approval) =>
          `- \`${approval.id}\` ${approval.tool} in \`${approval.conversation}\`: \`/approve ${approval.id}\` or \`/deny ${approval.id}\``,
      )
      .join("\n"),
  };
}
