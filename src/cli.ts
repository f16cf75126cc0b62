import { readFile } from "node:fs/promises";
import { AppError } from "./core/errors.ts";
import { pickNearest } from "./core/nearest.ts";

/** One command of the terminal. */
export interface CliCommand {
  readonly summary: string;
  readonly usage: string;
  /** Resolves with the exit status. Throws AppError for what the person should read. */
  run(args: readonly string[]): Promise<number>;
}

export interface CommandEntry {
  readonly summary: string;
  /** Words that may follow, for completion. */
  readonly words?: readonly string[];
  readonly options: readonly string[];
  load(): Promise<CliCommand>;
}

/** Loaded one by one: `parlance --help` reads nothing but this list. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  start: {
    summary: "Start the service.",
    options: ["--config", "--worker", "--json"],
    load: async () => (await import("./cli/start.ts")).start,
  },
  chat: {
    summary: "Talk to the running service here in the terminal.",
    options: ["--config", "--json", "--url", "--token", "--channel", "--chat", "--continue", "--timeout"],
    load: async () => (await import("./cli/chat.ts")).chat,
  },
  send: {
    summary: "Send a message to a chat on a channel.",
    options: ["--config", "--json", "--wait"],
    load: async () => (await import("./cli/send.ts")).send,
  },
  inbox: {
    summary: "See what needs you now.",
    options: ["--config", "--json"],
    load: async () => (await import("./cli/inbox.ts")).inbox,
  },
  drafts: {
    summary: "See the answers that wait for you; send, change or drop them.",
    words: ["list", "show", "approve", "edit", "reject", "snooze"],
    options: ["--config", "--json", "--yes"],
    load: async () => (await import("./cli/drafts.ts")).drafts,
  },
  approvals: {
    summary: "See what Parlance asks you before it acts, and answer.",
    words: ["list", "approve", "deny"],
    options: ["--config", "--json"],
    load: async () => (await import("./cli/approvals.ts")).approvals,
  },
  digest: {
    summary: "Read what happened and what waits.",
    options: ["--config", "--json", "--hours", "--last"],
    load: async () => (await import("./cli/digest.ts")).digest,
  },
  "follow-ups": {
    summary: "See what is looked at again later and what was promised.",
    options: ["--config", "--json", "--ics"],
    load: async () => (await import("./cli/follow-ups.ts")).followUps,
  },
  doctor: {
    summary: "Find out what is wrong, and how to mend it.",
    options: ["--config", "--json"],
    load: async () => (await import("./cli/doctor.ts")).doctor,
  },
  channels: {
    summary: "List the channels and how they are doing; set up another one.",
    words: ["list", "add", "verify"],
    options: ["--config", "--json", "--capabilities", "--name"],
    load: async () => (await import("./cli/channels.ts")).channels,
  },
  "dead-letters": {
    summary: "See to what was given up or may not have arrived.",
    words: ["list", "show", "retry", "discard"],
    options: ["--config", "--json"],
    load: async () => (await import("./cli/dead-letters.ts")).deadLetters,
  },
  pair: {
    summary: "Let people in, or keep them out.",
    words: ["list", "confirm", "allow", "block"],
    options: ["--config", "--json"],
    load: async () => (await import("./cli/pair.ts")).pair,
  },
  models: {
    summary: "Fetch and keep models that run on this machine; measure how fast one is.",
    words: ["list", "pull", "add", "verify", "remove", "gc", "bench"],
    options: ["--config", "--json", "--again", "--yes", "--kind"],
    load: async () => (await import("./cli/models.ts")).models,
  },
  personas: {
    summary: "See who answers, and why.",
    words: ["list", "show", "pick"],
    options: ["--config", "--json"],
    load: async () => (await import("./cli/personas.ts")).personas,
  },
  workflows: {
    summary: "See, check, draw, try, copy and run workflows.",
    words: ["list", "show", "check", "graph", "simulate", "new", "run"],
    options: ["--config", "--json", "--svg", "--from", "--detach"],
    load: async () => (await import("./cli/workflows.ts")).workflows,
  },
  schedule: {
    summary: "See what starts by itself, and when.",
    words: ["list"],
    options: ["--config", "--json"],
    load: async () => (await import("./cli/schedule.ts")).schedule,
  },
  runs: {
    summary: "See runs of workflows; end, halt or repeat one.",
    words: ["list", "show", "cancel", "pause", "resume", "retry"],
    options: ["--config", "--json", "--workflow", "--open"],
    load: async () => (await import("./cli/runs.ts")).runs,
  },
  cdc: {
    summary: "Find out what messages are and which of them ask something of you.",
    words: ["classify"],
    options: ["--json", "--now", "--time-zone", "--name"],
    load: async () => (await import("./cli/cdc.ts")).cdc,
  },
  style: {
    summary: "Learn a manner of writing, and measure how near texts are to it.",
    words: ["learn", "import", "show", "export", "compare", "forget"],
    options: [
      "--config",
      "--json",
      "--from",
      "--out",
      "--profile",
      "--kind",
      "--me",
      "--to",
      "--channel",
      "--days",
      "--yes",
    ],
    load: async () => (await import("./cli/style.ts")).style,
  },
  mcp: {
    summary: "See the tools of MCP servers; be one for another program.",
    words: ["list", "serve"],
    options: ["--config", "--json"],
    load: async () => (await import("./cli/mcp.ts")).mcp,
  },
  plugins: {
    summary: "See what plugins can do and what each may reach.",
    words: ["list", "check"],
    options: ["--config", "--json"],
    load: async () => (await import("./cli/plugins.ts")).plugins,
  },
  audit: {
    summary: "Prove that the audit was not changed.",
    words: ["verify"],
    options: ["--config", "--json"],
    load: async () => (await import("./cli/audit.ts")).audit,
  },
  memory: {
    summary: "Search, fill and mend what is remembered.",
    words: ["search", "import", "add", "forget", "export", "rebuild", "stats"],
    options: ["--config", "--json", "--scope", "-k"],
    load: async () => (await import("./cli/memory.ts")).memory,
  },
  config: {
    summary: "Check or show the configuration.",
    words: ["check", "show"],
    options: ["--config", "--json"],
    load: async () => (await import("./cli/config.ts")).config,
  },
  completion: {
    summary: "Print a completion script for your shell.",
    words: ["bash", "zsh", "fish"],
    options: [],
    load: async () => (await import("./cli/completion.ts")).completion,
  },
};

/** Runs the command line; resolves with the exit status: 0 well, 1 it failed, 2 it was not understood. */
export async function runCli(args: readonly string[]): Promise<number> {
  // Who reads us, such as `head`, may have had enough.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const [name = "help", ...rest] = args;
  if (["--version", "-v", "version"].includes(name)) return showVersion();
  const isHelp = ["help", "--help", "-h"].includes(name);
  const wanted = isHelp ? rest[0] : name;
  if (wanted === undefined) return showHelp();
  const entry = Object.hasOwn(commands, wanted) ? commands[wanted] : undefined;
  if (entry === undefined) {
    const nearest = pickNearest(wanted, Object.keys(commands));
    process.stderr.write(
      `There is no command "${wanted}".${nearest === undefined ? "" : ` Did you mean "${nearest}"?`} "parlance help" lists them.\n`,
    );
    return 2;
  }
  try {
    const command = await entry.load();
    if (isHelp || rest.includes("--help") || rest.includes("-h")) {
      process.stdout.write(`${command.summary}\n\nUsage: parlance ${command.usage}\n`);
      return 0;
    }
    return await command.run(rest);
  } catch (error) {
    const problem = toAppError(error, wanted, entry);
    process.stderr.write(`${problem.message}\n${problem.hint === undefined ? "" : `${problem.hint}\n`}`);
    return problem.code === "bad-input" ? 2 : 1;
  }
}

/** What node:util's parseArgs says of a wrong option, in our words. Throws what is no known failure. */
function toAppError(error: unknown, command: string, { options }: CommandEntry): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!code.startsWith("ERR_PARSE_ARGS_")) throw error;
  const hint = `"parlance help ${command}" shows how it is used.`;
  const unknown = /^Unknown option '([^']+)'/.exec((error as Error).message)?.[1];
  if (unknown === undefined) return new AppError("bad-input", `${(error as Error).message.split(".")[0]}.`, { hint });
  const nearest = pickNearest(unknown, options);
  const guess = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  return new AppError("bad-input", `"parlance ${command}" has no option ${unknown}.${guess}`, {
    hint,
  });
}

async function showVersion(): Promise<number> {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  process.stdout.write(`${(JSON.parse(text) as { version: string }).version}\n`);
  return 0;
}

function showHelp(): number {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  process.stdout.write(
    `parlance: a chat-ops bot that you host yourself.\n\nUsage: parlance COMMAND [options]\n\n${lines.join("\n")}\n\n"parlance help COMMAND" tells more. --config FILE and --json work with nearly all.\n`,
  );
  return 0;
}
