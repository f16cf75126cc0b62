import { pickNearest } from "../../core/nearest.ts";
import type { Role } from "../../core/store.ts";
import { hasRole, type Command } from "./command.ts";

interface Group {
  readonly name: string;
  readonly about: string;
  readonly commands: readonly string[];
}

/** Where a command stands in the help. A command that is not named here stands under "system". */
const groups: readonly Group[] = [
  {
    name: "session",
    about: "what is said here",
    commands: "new stop retry undo compact context resume sessions rename tag search export".split(" "),
  },
  {
    name: "agent",
    about: "who answers, how, and at what cost",
    commands: "persona model think council plan rate evolve tools cost budget".split(" "),
  },
  { name: "memory", about: "what is kept for later", commands: "remember memory forget pin unpin".split(" ") },
  {
    name: "inbox",
    about: "what waits for you",
    commands:
      "inbox drafts approve edit reject snooze approvals deny digest followups quiet mode intelligence why judge rules vip".split(
        " ",
      ),
  },
  { name: "voice", about: "your manner of writing", commands: ["style"] },
  {
    name: "automation",
    about: "what runs by itself",
    commands: "workflow workflows run runs schedule pause jobs triggers".split(" "),
  },
  {
    name: "safety",
    about: "who may do what",
    commands: "permissions trust audit policy pair roles egress block unblock".split(" "),
  },
  { name: "system", about: "how I am doing, and who you are", commands: [] },
];

/** Entries of one page: what a phone shows at once. */
const pageSize = 12;

/** What /help answers: groups and their commands; one group; one command; or what words find. Shows only what the role may use. Pure. */
export function formatHelp(all: readonly Command[], argument: string, role: Role): string {
  const open = all.filter((command) => hasRole(role, command.role));
  const [, asked = "", digits] =
    /^(.*?)(?:\s+(\d{1,3}))?$/.exec(argument.trim().replaceAll(/\s+/g, " ").toLowerCase()) ?? [];
  if (asked === "") return formatGroups(open);
  const page = digits === undefined ? 1 : Number(digits);
  const name = asked.replace(/^\//, "");
  const group = asked.startsWith("/") ? undefined : openGroups(open).find((one) => one.name === name);
  if (group !== undefined) {
    const own = group.commands.flatMap((each) => open.find((command) => command.name === each) ?? []);
    return `**${name}**: ${group.about}\n\n${formatPage(own, name, page)}`;
  }
  const command = open.find((candidate) => candidate.name === name);
  if (command !== undefined) return formatCommand(command);
  const found = search(open, name);
  if (found.length > 0) return formatPage(found, name, page);
  const nearest = pickNearest(name, [...open.map((one) => one.name), ...openGroups(open).map((one) => one.name)]);
  return `I found no command for "${name.slice(0, 100)}".${nearest === undefined ? "" : ` Did you mean \`/help ${nearest}\`?`} \`/help\` lists all.`;
}

function groupOf(command: string): string {
  return groups.find(({ commands }) => commands.includes(command))?.name ?? "system";
}

/** Those of which the person may use something, with just that, in the group's own order. */
function openGroups(open: readonly Command[]): readonly Group[] {
  return groups
    .map((group) => {
      const names = open.map(({ name }) => name).filter((name) => groupOf(name) === group.name);
      const place = (name: string): number => group.commands.indexOf(name);
      return { ...group, commands: names.toSorted((one, other) => place(one) - place(other)) };
    })
    .filter(({ commands }) => commands.length > 0);
}

function formatGroups(open: readonly Command[]): string {
  const shown = openGroups(open);
  const lines = shown.map(({ name, commands }) => `- **${name}**: ${commands.map((one) => `\`/${one}\``).join(" ")}`);
  const [first] = shown;
  return `${lines.join("\n")}\n\nMore: \`/help ${first?.name ?? "GROUP"}\`, \`/help ${first?.commands[0] ?? "COMMAND"}\`, or \`/help\` with words to search for.`;
}

function formatCommand(command: Command): string {
  const who =
    command.role === "guest" ? "" : `\n\nFor ${command.role}s${command.role === "owner" ? "" : " and above"}.`;
  return `${formatLine(command)}${who}`;
}

function formatLine({ usage, summary }: Command): string {
  return `- \`${usage}\`: ${summary}`;
}

function formatPage(found: readonly Command[], asked: string, wanted: number): string {
  const pages = Math.ceil(found.length / pageSize);
  const page = Math.min(Math.max(wanted, 1), pages);
  const lines = found.slice((page - 1) * pageSize, page * pageSize).map(formatLine);
  const more = page < pages ? `\n\nPage ${page} of ${pages}. \`/help ${asked} ${page + 1}\` shows the next.` : "";
  return `${lines.join("\n")}${more}`;
}

/** Commands that hold all of the words, else those that hold most of them; in their own order. */
function search(open: readonly Command[], asked: string): readonly Command[] {
  const words = asked.match(/[\p{L}\p{N}]{2,}/gu) ?? [];
  const scored = open
    .map((command) => {
      const text = `${command.name} ${command.usage} ${command.summary} ${groupOf(command.name)}`.toLowerCase();
      return { command, hits: words.filter((word) => text.includes(word)).length };
    })
    .filter(({ hits }) => hits > 0);
  const best = Math.max(0, ...scored.map(({ hits }) => hits));
  return scored.filter(({ hits }) => hits === best).map(({ command }) => command);
}
