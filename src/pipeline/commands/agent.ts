import { pickNearest } from "../../core/nearest.ts";
import type { Command, CommandContext, CommandResult } from "./command.ts";

export const agentCommands: readonly Command[] = [
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
    name: "council",
    usage: "/council QUESTION",
    summary: "Asks several models, lets them rate each other, and gives one answer.",
    role: "member",
  },
  {
    name: "plan",
    usage: "/plan [TASK|show|edit TEXT|go|drop]",
    summary: "Writes a plan for a task; you change it, and I carry it out.",
    role: "member",
    run: handlePlan,
  },
];

/** A new task and "go" are turns of their own; what is left needs no model. */
async function handlePlan({ argument, conversation }: CommandContext): Promise<CommandResult> {
  const [, word = "", rest = ""] = /^(\S*)\s*([^]*)$/.exec(argument) ?? [];
  if (word.toLowerCase() === "edit" && rest.trim() !== "")
    return {
      text: `The plan is now:\n\n${rest.trim()}\n\n\`/plan go\` carries it out.`,
      commit: (transaction) => transaction.updateConversation(conversation.id, { plan: rest.trim().slice(0, 8_000) }),
    };
  if (conversation.plan === undefined) return { text: "There is no plan here. `/plan TASK` writes one." };
  if (word.toLowerCase() === "drop")
    return {
      text: "The plan is dropped.",
      commit: (transaction) => transaction.updateConversation(conversation.id, { plan: null }),
    };
  return {
    text: `${conversation.plan}\n\n\`/plan go\` carries it out, \`/plan edit TEXT\` puts your own in its place, \`/plan drop\` forgets it.`,
  };
}

async function setPersona(context: CommandContext): Promise<CommandResult> {
  const { argument, personas, conversation } = context;
  const list = [...personas.values()].map((persona) => `- \`${persona.name}\`: ${persona.description}`).join("\n");
  if (argument === "")
    return {
      text: `Here answers **${context.current.persona}**, because ${context.current.personaReason}. There are:\n\n${list}`,
    };
  if (argument === "auto") {
    return {
      text: "I choose again by the channel and by what is said.",
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
