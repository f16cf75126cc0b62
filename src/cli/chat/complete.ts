import { pickNearest } from "../../core/nearest.ts";
import { parseCommand } from "../../pipeline/commands/command.ts";
import { commands } from "../../pipeline/commands/index.ts";

/** Words that this terminal understands itself. */
export const leaving: readonly string[] = ["exit", "quit"];

const names = (): string[] => [...commands.map(({ name }) => name), ...leaving];

/** For readline: what "/st" may become. `choices` are the commands of questions that are open. */
export function completeCommand(line: string, choices: readonly string[]): [candidates: string[], word: string] {
  if (!line.startsWith("/")) return [[], line];
  if (line.includes(" ")) return [choices.filter((choice) => choice.startsWith(line)), line];
  const all = [...names().map((name) => `/${name}`), ...choices];
  const found = [...new Set(all.filter((candidate) => candidate.startsWith(line)))];
  return [found.length === 1 ? found.map((one) => `${one} `) : found, line];
}

/** The command that a mistyped one most likely meant; undefined when it is one, or resembles none: the service answers then. */
export function guessCommand(text: string): string | undefined {
  const name = parseCommand(text)?.name;
  return name === undefined || names().includes(name) ? undefined : pickNearest(name, names());
}
