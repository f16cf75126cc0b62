import type { ChatCommand } from "../../core/channel.ts";
import { pickNearest } from "../../core/nearest.ts";
import type { Role } from "../../core/store.ts";
import { agentCommands } from "./agent.ts";
import { approvalCommands } from "./approvals.ts";
import { costCommands } from "./cost.ts";
import { formatHelp } from "./help.ts";
import { hasRole, type Command, type CommandContext, type CommandResult } from "./command.ts";
import { digestCommands } from "./digest.ts";
import { inboxCommands } from "./inbox.ts";
import { memoryCommands } from "./memory.ts";
import { evolutionCommands } from "./personas.ts";
import { peopleCommands } from "./people.ts";
import { styleCommands } from "./style.ts";
import { sessionCommands } from "./session.ts";
import { workflowCommands } from "./workflows.ts";

/** Every command that works in chat; what is not listed does not exist. */
export const commands: readonly Command[] = [
  {
    name: "help",
    usage: "/help [group|command|words]",
    summary: "What I understand.",
    role: "guest",
    run: async ({ argument, role }) => ({ text: formatHelp(commands, argument, role) }),
  },
  {
    name: "status",
    usage: "/status",
    summary: "How I am doing: queue, models, channels.",
    role: "member",
    run: async ({ deps }) => ({ text: await deps.status() }),
  },
  ...sessionCommands,
  ...agentCommands,
  ...costCommands,
  ...evolutionCommands,
  ...memoryCommands,
  ...peopleCommands,
  ...approvalCommands,
  ...inboxCommands,
  ...digestCommands,
  ...styleCommands,
  ...workflowCommands,
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

/** Unknown names are for nobody. */
export function mayRun(name: string, role: Role): boolean {
  return namesFor(role).includes(name);
}

function namesFor(role: Role): readonly string[] {
  return commands.filter((command) => hasRole(role, command.role)).map((command) => command.name);
}
