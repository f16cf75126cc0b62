import { describeError, isAppError } from "../../core/errors.ts";
import { parseNameValues, splitWords } from "../../core/name-values.ts";
import { quoteBlock, quoteInline } from "../../core/quote.ts";
import type { RunCommand, RunView, WorkflowView } from "../../core/workflow-board.ts";
import { hasRole, type Command, type CommandContext, type CommandResult } from "./command.ts";
import { schedule } from "./schedule.ts";

const listed = 10;
const shownGraphLines = 60;

/** Workflows: what there is, what runs, and what starts by itself. */
export const workflowCommands: readonly Command[] = [
  {
    name: "workflow",
    usage: "/workflow [NAME|GROUP]",
    summary: "What I can do step by step: all of it, or one with its inputs and a picture.",
    role: "member",
    run: guarded(show),
  },
  {
    name: "run",
    usage: "/run NAME [INPUT=VALUE …]",
    summary: "Starts a workflow.",
    role: "member",
    run: guarded(start),
  },
  {
    name: "jobs",
    usage: "/jobs [ID | cancel|pause|resume ID | retry ID [STEP]]",
    summary: "Runs of workflows, under way and lately; one with its steps; ends, halts or repeats one.",
    role: "member",
    run: guarded(jobs),
  },
  {
    name: "schedule",
    usage: "/schedule [WHEN AND WHAT | remove NAME]",
    summary:
      "What starts by itself, and when; words such as “every day at nine …” propose a new one; takes one back that was proposed so.",
    role: "owner",
    run: guarded(schedule),
  },
];

/** What a person did wrong is said to them; nothing else is caught. */
function guarded(run: NonNullable<Command["run"]>): NonNullable<Command["run"]> {
  return async (context) => {
    if (context.deps.workflows === undefined) return { text: "There are no workflows here." };
    try {
      return await run(context);
    } catch (error) {
      const isTheirs = (["bad-input", "too-large", "not-found", "conflict", "forbidden"] as const).some((code) =>
        isAppError(error, code),
      );
      if (!isTheirs) throw error;
      return { text: quoteInline(describeError(error)) };
    }
  };
}

async function openBoard({ deps }: CommandContext) {
  const workflows = await deps.workflows?.();
  if (workflows === undefined) throw new Error("Commands are not run without workflows.");
  return workflows.board;
}

async function show(context: CommandContext): Promise<CommandResult> {
  const { argument } = context;
  const board = await openBoard(context);
  if (argument !== "") {
    const found = await board.workflow(argument.toLowerCase());
    if (found !== undefined) {
      const inputs = found.inputs.map(formatInput);
      const lines = found.graphText.split("\n");
      const parts = [
        `**${found.name}** (${found.group}${found.isOwn ? ", yours" : ""}): ${quoteInline(found.description)}`,
        inputs.length === 0 ? "It takes no inputs." : `Inputs:\n${inputs.join("\n")}`,
        found.triggers.length === 0
          ? "It starts by hand."
          : `It starts ${found.triggers.map(quoteInline).join("; ")}.${found.isOwn ? "" : " As it is shipped, it starts by hand only: copy it with `parlance workflows new`."}`,
        quoteBlock(lines.slice(0, shownGraphLines).join("\n")),
      ];
      return { text: parts.join("\n\n") };
    }
  }
  const { workflows, faults } = await board.list();
  const groups = Map.groupBy(workflows, ({ group }) => group);
  const asked = [...groups.keys()].find((group) => group === argument.toLowerCase());
  if (argument !== "" && asked === undefined) return { text: await explainMissing(context) };
  if (workflows.length === 0) return { text: "There are no workflows yet." };
  const sections =
    asked === undefined
      ? [...groups].map(([group, each]) => `- **${group}**: ${each.map(({ name }) => `\`${name}\``).join(", ")}`)
      : (groups.get(asked) ?? []).map(({ name, description }) => `- \`${name}\`: ${quoteInline(description)}`);
  const wrong =
    faults.length === 0 || !hasRole(context.role, "admin")
      ? ""
      : `\n\nFiles with faults: ${[...new Set(faults.map(({ file }) => quoteInline(file)))].join(", ")}. \`parlance workflows check\` says what is wrong.`;
  const [first] = workflows;
  return {
    text: `${sections.join("\n")}\n\nMore: \`/workflow ${first?.group}\`, \`/workflow ${first?.name}\`.${wrong}`,
  };
}

function formatInput({
  name,
  type,
  isRequired,
  default: fallback,
  description,
}: WorkflowView["inputs"][number]): string {
  const need = isRequired ? "required" : fallback === undefined ? "optional" : `default ${JSON.stringify(fallback)}`;
  return `- \`${name}\` (${type}, ${quoteInline(need)})${description === undefined ? "" : `: ${quoteInline(description)}`}`;
}

/** The nearest name, as the board has it. */
async function explainMissing({ argument, deps }: CommandContext): Promise<string> {
  const names = [...((await deps.workflows?.())?.known().workflows.keys() ?? [])];
  const { pickNearest } = await import("../../core/nearest.ts");
  const nearest = pickNearest(argument, names);
  return `There is no workflow ${quoteInline(argument)}.${nearest === undefined ? "" : ` Did you mean \`${nearest}\`?`}`;
}

async function start(context: CommandContext): Promise<CommandResult> {
  const { argument, message, role } = context;
  const [name, ...words] = splitWords(argument);
  if (name === undefined) return { text: "Write it as `/run NAME`, with inputs as `name=value` behind it." };
  const board = await openBoard(context);
  const { id, address, sender, text, sentAt } = message;
  const run = await board.start(
    name.toLowerCase(),
    parseNameValues(words),
    { id: sender.id, name: sender.name, role },
    { payload: { id, address, sender, text, sentAt }, dedupKey: `command:${address.channel}:${id}` },
  );
  if (run.state === "skipped") return { text: `It was not started. ${quoteInline(run.reason ?? "")}` };
  const state = run.state === "queued" ? "waits for another run of it to end" : "has begun";
  return { text: `**${run.workflow}** ${state}: \`${run.id}\`. \`/jobs ${run.id}\` shows how it goes.` };
}

const verbs: Readonly<Record<RunCommand, string>> = {
  cancel: "ends before its next step",
  pause: "halts before its next step",
  resume: "goes on",
  retry: "is done again",
};

async function jobs(context: CommandContext): Promise<CommandResult> {
  const { argument, message, role, deps } = context;
  const board = await openBoard(context);
  const [word = "", id = "", step, ...rest] = splitWords(argument);
  const command = Object.keys(verbs).find((verb): verb is RunCommand => verb === word.toLowerCase());
  const { timeZone } = deps.settings();
  const { formatRun, formatRunLine } = await import("../runs/run-words.ts");
  if (command !== undefined) {
    if (!hasRole(role, "admin")) return { text: "Only owners and admins do that." };
    if (id === "" || rest.length > 0 || (step !== undefined && command !== "retry"))
      return { text: `Write it as \`/jobs ${command} ID${command === "retry" ? " [STEP]" : ""}\`.` };
    const run = await board.order(id, command, message.sender, step);
    return { text: `**${run.workflow}** \`${run.id}\` ${verbs[command]}.` };
  }
  if (word !== "") {
    const run = await board.run(word);
    if (run === undefined || !maySee(context, run)) return { text: `There is no run ${quoteInline(word)}.` };
    return { text: formatRun(run, timeZone), choices: hasRole(role, "admin") ? offer(run) : [] };
  }
  const [open, ended] = await Promise.all([
    board.runs({ states: "open", limit: 50 }),
    board.runs({ states: "ended", limit: 50 }),
  ]);
  const seen = (runs: readonly RunView[]) =>
    runs
      .filter((run) => maySee(context, run))
      .slice(0, listed)
      .map((run) => formatRunLine(run, timeZone));
  const [current, before] = [seen(open), seen(ended)];
  if (current.length + before.length === 0) return { text: "Nothing runs, and nothing ran lately." };
  return {
    text: [
      current.length === 0 ? "Nothing is under way." : `**Under way**\n${current.join("\n")}`,
      ...(before.length === 0 ? [] : [`**Lately**\n${before.join("\n")}`]),
    ].join("\n\n"),
  };
}

/** In a group, and for members, only what they began themselves: others' runs hold others' words. */
function maySee({ message, role }: CommandContext, run: RunView): boolean {
  return (hasRole(role, "admin") && !message.isGroup) || (run.cause === "manual" && run.by === message.sender.id);
}

function offer({ id, state }: RunView) {
  const button = (label: string, command: string) => ({ label, command: `/jobs ${command} ${id}` });
  if (state === "paused") return [button("Resume", "resume"), button("Cancel", "cancel")];
  if (state === "active" || state === "queued")
    return [...(state === "active" ? [button("Pause", "pause")] : []), button("Cancel", "cancel")];
  return state === "failed" || state === "cancelled" ? [button("Try again", "retry")] : [];
}
