import { AppError } from "./core/errors.ts";
import { pickNearest } from "./core/nearest.ts";

/** One command of the terminal. */
export interface CliCommand {
  readonly summary: string;
  readonly usage: string;
  /** Resolves with the exit status. Throws AppError for what the person should read. */
  run(args: readonly string[]): Promise<number>;
}

/** Loaded one by one: `parlance --help` reads nothing but this list. */
const commands: Readonly<Record<string, { readonly summary: string; load(): Promise<CliCommand> }>> = {
  start: { summary: "Start the service.", load: async () => (await import("./cli/start.ts")).start },
};

/** Runs the command line; resolves with the exit status. Never throws. */
export async function runCli(args: readonly string[]): Promise<number> {
  const [name = "help", ...rest] = args;
  if (["help", "--help", "-h"].includes(name)) return showHelp();
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    const nearest = pickNearest(name, Object.keys(commands));
    process.stderr.write(`There is no command "${name}".${nearest === undefined ? "" : ` Did you mean "${nearest}"?`} "parlance help" lists them.\n`);
    return 2;
  }
  try {
    const command = await entry.load();
    if (rest.includes("--help") || rest.includes("-h")) {
      process.stdout.write(`${command.summary}\n\nUsage: parlance ${command.usage}\n`);
      return 0;
    }
    return await command.run(rest);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    process.stderr.write(`${error.message}\n${error.hint === undefined ? "" : `${error.hint}\n`}`);
    return 1;
  }
}

function showHelp(): number {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  process.stdout.write(`parlance: a chat-ops bot that you host yourself.\n\nUsage: parlance COMMAND [options]\n\n${lines.join("\n")}\n\n"parlance COMMAND --help" tells more.\n`);
  return 0;
}
