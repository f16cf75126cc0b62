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
];

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
