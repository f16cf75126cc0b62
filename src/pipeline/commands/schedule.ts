import { createCode } from "../../core/id.ts";
import { quoteBlock, quoteInline } from "../../core/quote.ts";
import type { PipelineWorkflows } from "../runs/pipeline-workflows.ts";
import { noteSaved, removeSaved } from "../schedule/saved-workflows.ts";
import type { CommandContext, CommandResult } from "./command.ts";

/** Where proposals are kept until the owner has said yes or no. */
const place = "workflow-proposals";
const proposalMs = 7 * 86_400_000;
const maxListed = 20;

interface KeptProposal {
  readonly name: string;
  /** Exactly what was shown. */
  readonly text: string;
  readonly isOnce: boolean;
  readonly at: number;
}

/** What starts by itself; proposes a new one from words, and saves what was proposed. Throws AppError for what the person should read. */
export async function schedule(context: CommandContext): Promise<CommandResult> {
  const { argument, deps, message } = context;
  if (message.isGroup) return { text: "That is for our direct chat: others read along here." };
  const workflows = await deps.workflows?.();
  if (workflows === undefined) return { text: "There are no workflows here." };
  if (argument === "" || /^list$/i.test(argument)) return list(context, workflows);
  const [, verb, code] = /^(save|drop)\s+([0-9a-z]{6})$/i.exec(argument) ?? [];
  if (verb?.toLowerCase() === "save" && code !== undefined) return save(context, workflows, code.toLowerCase());
  const [, name] = /^(?:remove|delete)\s+`?([a-z0-9-]+)`?$/i.exec(argument) ?? [];
  if (name !== undefined) return remove(context, workflows, name.toLowerCase());
  if (code !== undefined) return drop(context, code.toLowerCase());
  return propose(context, workflows);
}

async function list({ deps }: CommandContext, { board }: PipelineWorkflows): Promise<CommandResult> {
  const { timeZone } = deps.settings();
  const { formatMoment } = await import("../runs/run-words.ts");
  const { workflows, digests } = await board.list();
  const own = workflows.filter(({ isOwn, triggers }) => isOwn && triggers.length > 0);
  const timed = own.filter(({ nextAt }) => nextAt !== undefined).toSorted((a, b) => (a.nextAt ?? 0) - (b.nextAt ?? 0));
  const other = own.filter(({ nextAt }) => nextAt === undefined);
  const lines = [
    ...timed.map(
      ({ name, description, nextAt = 0 }) =>
        `- **${formatMoment(nextAt, timeZone)}** \`${name}\`: ${quoteInline(description)}`,
    ),
    ...digests.map(({ name, when, nextAt }) =>
      nextAt === undefined
        ? `- the digest \`${name}\`: ${quoteInline(when)} is no time that can be kept`
        : `- **${formatMoment(nextAt, timeZone)}** the digest \`${name}\` (${quoteInline(when)})`,
    ),
    ...other.map(({ name, triggers }) => `- \`${name}\` ${triggers.map(quoteInline).join("; ")}`),
  ];
  if (lines.length === 0)
    return {
      text: "Nothing starts by itself yet. Say `/schedule every weekday at nine tell me what I missed`, and I propose something.",
    };
  const more = lines.length > maxListed ? `\n- and ${lines.length - maxListed} more` : "";
  return { text: `${lines.slice(0, maxListed).join("\n")}${more}\n\nTimes are those of ${timeZone}.` };
}

const uneven: CommandResult = {
  text: "I cannot count every other day, every second week or month: I keep times by the days of the week and of the month. Possible are `every Monday and Thursday at 8`, `on the first Friday of the month at 10`, `on the 1st of every month at 9` or `every 2 hours`. Nothing was planned.",
};

async function propose(context: CommandContext, workflows: PipelineWorkflows): Promise<CommandResult> {
  const { argument, deps, now } = context;
  const { timeZone } = deps.settings();
  const [{ proposeWorkflow }, { findUneven }, { describeGraph }, { formatGraphText }, { formatMoment }] =
    await Promise.all([
      import("../runs/propose-workflow.ts"),
      import("../../scheduler/triggers/natural/parse-when.ts"),
      import("../../scheduler/graph/nodes.ts"),
      import("../../scheduler/graph/text.ts"),
      import("../runs/run-words.ts"),
    ]);
  const proposed = proposeWorkflow(argument, { now, timeZone, known: workflows.known().workflows });
  if (proposed === undefined && findUneven(argument, timeZone, now) !== undefined) return uneven;
  if (proposed === undefined)
    return {
      text: "I found no time in that which I can keep, or nothing to do. Such as: `/schedule every weekday at nine tell me what I missed`, or `/schedule tomorrow at 7 remind me to call Ada`.",
    };
  const { workflow, nextTimes, isOnce } = proposed;
  const code = createCode(6).toLowerCase();
  const kept: KeptProposal = { name: workflow.name, text: workflow.text, isOnce, at: now };
  const times = nextTimes.map((at) => formatMoment(at, timeZone)).join("; ");
  const parts = [
    `This is how I would do it${isOnce ? ", once" : ""}:`,
    quoteBlock(workflow.text.trim()),
    `What it would do:\n\n${quoteBlock(formatGraphText(describeGraph(workflow)).join("\n"))}`,
    `${isOnce ? "When" : "The next times"}: ${times} (${timeZone}).`,
    `Nothing is kept before you say so: \`/schedule save ${code}\` or \`/schedule drop ${code}\`.`,
  ];
  return {
    text: parts.join("\n\n"),
    choices: [
      { label: "Save", command: `/schedule save ${code}`, style: "primary" },
      { label: "Drop", command: `/schedule drop ${code}` },
    ],
    commit: (transaction) => transaction.setChannelState(place, code, JSON.stringify(kept)),
  };
}

async function load({ store, now }: CommandContext, code: string): Promise<KeptProposal | undefined> {
  const text = (await store.channelState(place, code)) ?? "";
  const kept = text === "" ? undefined : (JSON.parse(text) as KeptProposal);
  return kept === undefined || now - kept.at > proposalMs ? undefined : kept;
}

const gone: CommandResult = { text: "There is no such proposal any more. Say again what you want and when." };

async function save(context: CommandContext, workflows: PipelineWorkflows, code: string): Promise<CommandResult> {
  const { message, role, deps, now } = context;
  const kept = await load(context, code);
  if (kept === undefined) return gone;
  const { name, text, isOnce } = kept;
  // Both do nothing when they are done again: a crash before the answer is recorded leaves the proposal as it was.
  await workflows.saveOwn(name, text);
  if (isOnce) {
    const payload = { address: message.address };
    const cause = { kind: "manual", by: message.sender.id, role, payload, isOutside: false } as const;
    await workflows.start({ workflow: name, cause, dedupKey: `proposal:${code}` });
  }
  const { formatMoment } = await import("../runs/run-words.ts");
  const next = (await workflows.board.workflow(name))?.nextTimes[0];
  const when = next === undefined ? "" : ` It starts next on ${formatMoment(next, deps.settings().timeZone)}.`;
  return {
    text: isOnce
      ? `Saved as **${name}**, and begun: it waits for its time. \`/jobs\` shows it, \`/schedule remove ${name}\` takes it back.`
      : `Saved as **${name}**.${when} \`/schedule\` lists what starts by itself, \`/schedule remove ${name}\` takes it back.`,
    commit: async (transaction) => {
      await transaction.setChannelState(place, code, "");
      await noteSaved(transaction, name, text);
      await transaction.audit({ kind: "workflow.saved", actor: message.sender.id, subject: name, details: {} }, now);
    },
  };
}

async function remove(
  { store, message, now }: CommandContext,
  workflows: PipelineWorkflows,
  name: string,
): Promise<CommandResult> {
  const { endedRuns, commit } = await removeSaved(store, workflows, name, message.sender, now);
  const ended =
    endedRuns === 0 ? "" : endedRuns === 1 ? " Its run that was under way ends." : ` Its ${endedRuns} runs end.`;
  return { text: `Removed **${name}**: it starts no more.${ended}`, commit };
}

async function drop(context: CommandContext, code: string): Promise<CommandResult> {
  if ((await load(context, code)) === undefined) return gone;
  return {
    text: "Dropped. Nothing was kept.",
    commit: (transaction) => transaction.setChannelState(place, code, ""),
  };
}
