import { compactHistory } from "../../agent/compact.ts";
import { charsPerToken, estimateTokens, isOutside } from "../../agent/context.ts";
import type { BudgetUse } from "../../agent/budget.ts";
import type { UsageRecord } from "../../core/records.ts";
import { createTurnUsage } from "../turn-usage.ts";
import { hasRole, type Command, type CommandContext, type CommandResult } from "./command.ts";

const dayMs = 86_400_000;
const monthDays = 30;
const maxHistory = 200;
const compactTimeoutMs = 120_000;

/** What answers take from a model, and what they cost. */
export const costCommands: readonly Command[] = [
  {
    name: "context",
    usage: "/context",
    summary: "What I look at when I answer here, and how much room is left.",
    role: "member",
    run: showContext,
  },
  {
    name: "compact",
    usage: "/compact",
    summary: "Sums up what was said here; I look at the summary from then on.",
    role: "member",
    run: compact,
  },
  {
    name: "cost",
    usage: "/cost [days]",
    summary: "What answers have cost.",
    role: "member",
    run: showCost,
  },
  {
    name: "budget",
    usage: "/budget",
    summary: "Today's limits, and what is left of them.",
    role: "member",
    run: showBudget,
  },
  { name: "tools", usage: "/tools", summary: "What I can do besides talking.", role: "member", run: listTools },
  {
    name: "retry",
    usage: "/retry",
    summary: "Answers your last question once more.",
    role: "guest",
    run: async () => ({ text: "Nothing was asked here that I could answer once more." }),
  },
];

async function loadHistory({ conversation, store }: CommandContext) {
  return store.history(conversation.id, {
    session: conversation.session,
    afterSeq: conversation.summarySeq,
    limit: maxHistory,
    hasPins: conversation.hasPins,
  });
}

async function showContext(context: CommandContext): Promise<CommandResult> {
  const { conversation, deps, message, personas } = context;
  const history = await loadHistory(context);
  const persona = personas.get(context.current.persona);
  const model = deps.models().get(context.current.model);
  const historyTokens = history.reduce((sum, { message: said }) => sum + estimateTokens(said), 0);
  const room = Math.floor(Math.min(deps.settings().historyTokens, model.contextTokens * 0.6));
  const tokensOf = (text: string | undefined) => Math.ceil((text?.length ?? 0) / charsPerToken);
  const pins = history.filter(({ isPinned }) => isPinned).length;
  const allTools = persona === undefined ? [] : deps.tools(persona);
  const offered = persona === undefined ? [] : deps.pickTools(persona, message.text, new Set());
  return {
    text: [
      `- Persona **${context.current.persona}**, because ${context.current.personaReason}: about ${tokensOf(persona?.instructions)} tokens`,
      `- Model **${context.current.model}** (${model.id}): takes ${model.contextTokens.toLocaleString("en")} tokens`,
      `- Messages since the last summary: ${history.length}, about ${historyTokens.toLocaleString("en")} of ${room.toLocaleString("en")} tokens${historyTokens > room ? "; the oldest are summed up at the next message" : ""}`,
      `- Summary of what was before: ${conversation.summary === undefined ? "none" : `about ${tokensOf(conversation.summary)} tokens`}`,
      `- Pinned messages: ${pins}`,
      `- Tools: ${allTools.length}; offered for a message such as this one: ${offered.length === 0 ? "none" : offered.map(({ name }) => `\`${name}\``).join(", ")}`,
      "",
      "Token counts are estimates, good to about 20%.",
    ].join("\n"),
  };
}

async function compact(context: CommandContext): Promise<CommandResult> {
  const { conversation, current, deps, message, personas } = context;
  const persona = personas.get(current.persona);
  const history = (await loadHistory(context)).filter(({ isPinned }) => !isPinned);
  if (history.length === 0) return { text: "There is nothing to sum up." };
  const model = deps.models().get(context.current.model);
  const spender = { conversation: conversation.id, person: message.sender.id, ...(persona && { persona }) };
  deps.budget.check(spender);
  const usage = createTurnUsage(deps, spender, model.id);
  const signal = AbortSignal.timeout(compactTimeoutMs);
  const { summary, summarySeq } = await compactHistory(model, conversation.summary, history, signal, usage.add).finally(
    usage.save,
  );
  const isSummaryOutside = conversation.isSummaryOutside || history.some(({ message: said }) => isOutside(said));
  return {
    text: `${history.length} messages are summed up; I look at this from now on:\n\n${summary}`,
    commit: async (transaction) => {
      await transaction.updateConversation(conversation.id, { summary, summarySeq, isSummaryOutside });
    },
  };
}

async function showCost({ argument, conversation, message, role, store, now }: CommandContext): Promise<CommandResult> {
  const days = argument === "" ? 1 : Number(argument.replace(/\s*d(ays?)?$/, ""));
  if (!Number.isInteger(days) || days < 1 || days > 3650)
    return { text: "Write it as `/cost 7` for the last seven days." };
  const records = await store.usageSince(days === 1 ? new Date(now).setUTCHours(0, 0, 0, 0) : now - days * dayMs);
  const since = days === 1 ? "Today (UTC)" : `In the last ${days} days`;
  const here = records.filter((record) => record.conversation === conversation.id);
  const mine = records.filter((record) => record.person === message.sender.id);
  const lines = [`- Here: ${formatUsage(here)}`, `- Asked by you: ${formatUsage(mine)}`];
  if (hasRole(role, "admin")) {
    lines.push(`- In all: ${formatUsage(records)}`);
    for (const [model, used] of Map.groupBy(records, (record) => record.model))
      lines.push(`  - \`${model}\`: ${formatUsage(used)}`);
  }
  const hint = days === 1 ? `\n\n\`/cost ${monthDays}\` looks back ${monthDays} days.` : "";
  return { text: `${since}:\n\n${lines.join("\n")}${hint}` };
}

function formatUsage(records: readonly UsageRecord[]): string {
  if (records.length === 0) return "nothing";
  const sum = (pick: (record: UsageRecord) => number) => records.reduce((total, record) => total + pick(record), 0);
  const input = sum(({ inputTokens }) => inputTokens);
  const cached = sum(({ cachedTokens }) => cachedTokens);
  const share = input === 0 ? 0 : Math.round((cached / input) * 100);
  const tokens = `${input.toLocaleString("en")} tokens read (${share}% from a cache), ${sum(({ outputTokens }) => outputTokens).toLocaleString("en")} written`;
  return `$${(sum(({ costMicros }) => costMicros) / 1e6).toFixed(4)}; ${tokens}`;
}

async function showBudget({ conversation, current, deps, message, personas }: CommandContext): Promise<CommandResult> {
  const persona = personas.get(current.persona);
  const uses = deps.budget.uses({
    conversation: conversation.id,
    person: message.sender.id,
    ...(persona === undefined ? {} : { persona }),
  });
  return { text: `Today, in US dollars:\n\n${uses.map(formatUse).join("\n")}` };
}

function formatUse({ name, limit, spent }: BudgetUse): string {
  const whose = { day: "All together", conversation: "Here", person: "You", persona: "This persona" }[name];
  const left = limit === undefined ? "no limit" : `${Math.min(100, Math.round((spent / limit) * 100))}% of $${limit}`;
  return `- ${whose}: $${spent.toFixed(4)}, ${left}`;
}

async function listTools({ current, deps, personas }: CommandContext): Promise<CommandResult> {
  const persona = personas.get(current.persona);
  const tools = persona === undefined ? [] : deps.tools(persona);
  if (tools.length === 0) return { text: `**${current.persona}** has no tools.` };
  const lines = tools.map(({ name, description, effect }) => {
    const asks = persona?.approve?.includes(effect) ? "; always asks first" : "";
    return `- \`${name}\` (${effect}${asks}): ${description.split(/(?<=\.)\s/, 1)[0]}`;
  });
  return {
    text: `What **${current.persona}** can use. I am offered what a message seems to need:\n\n${lines.join("\n")}`,
  };
}
