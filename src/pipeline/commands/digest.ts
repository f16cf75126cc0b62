import { quoteInline } from "../../core/quote.ts";
import type { Command, CommandContext, CommandResult } from "./command.ts";

const defaultHours = 24;
const maxHours = 14 * 24;

/** What happened, and what the owner teaches about it. */
export const digestCommands: readonly Command[] = [
  {
    name: "digest",
    usage: "/digest [HOURS|last]",
    summary: "What happened, what needs you and what waits, as of now.",
    role: "owner",
    run: digest,
  },
  {
    name: "judge",
    usage: "/judge ID answer|leave",
    summary: "Tells me that a message did need an answer, or did not; I learn from it.",
    role: "owner",
    run: judge,
  },
  {
    name: "rules",
    usage: "/rules [drop ID]",
    summary: "What you taught me about messages, and how to take it back.",
    role: "owner",
    run: rules,
  },
];

const onlyDirect: CommandResult = { text: "That is for our direct chat: others read along here." };

async function digest({ argument, message, store, deps }: CommandContext): Promise<CommandResult> {
  if (message.isGroup) return onlyDirect;
  if (argument.toLowerCase() === "last") {
    const [last] = await store.cdc.digests(1);
    return { text: last?.text ?? "There was no digest yet. `digests` in the configuration sets their times." };
  }
  const word = argument.toLowerCase().replace(/^now$/, "");
  const hours = word === "" ? defaultHours : Number(/^(\d{1,3})h?$/.exec(word)?.[1]);
  if (!Number.isInteger(hours) || hours < 1 || hours > maxHours)
    return { text: "Write `/digest`, `/digest 8` for the last eight hours, or `/digest last`." };
  return { text: (await deps.previewDigest?.(hours)) ?? "There are no digests here." };
}

async function judge({ argument, store, now, message }: CommandContext): Promise<CommandResult> {
  if (message.isGroup) return onlyDirect;
  const [, id, verdict] = /^(\S+)\s+(answer|leave)$/i.exec(argument) ?? [];
  if (id === undefined || verdict === undefined)
    return { text: "Write `/judge ID answer` or `/judge ID leave`; `/why` shows the ID." };
  const decision = await store.cdc.decision(id);
  if (decision === undefined) return { text: `There is no decision ${quoteInline(id)}.` };
  const correction = verdict.toLowerCase() === "answer" ? "asks" : "ignore";
  // Loaded when it is needed: correcting is rare.
  const { prepareCorrection } = await import("../desk/learn-correction.ts");
  const { rule, save } = await prepareCorrection(store, decision, correction, () => now);
  return {
    text: `Noted. ${rule.says}\n\n\`/rules drop ${rule.id}\` takes it back.`,
    commit: async (transaction) => {
      await save(transaction);
      await transaction.audit(
        {
          kind: "decision.corrected",
          actor: message.sender.id,
          subject: decision.conversation,
          details: { id, correction },
        },
        now,
      );
    },
  };
}

async function rules({ argument, store, now, message }: CommandContext): Promise<CommandResult> {
  if (message.isGroup) return onlyDirect;
  const known = await store.cdc.rules("judgement");
  const [, id] = /^drop\s+(\S+)$/i.exec(argument) ?? [];
  if (id === undefined)
    return {
      text:
        known.length === 0
          ? "You have taught me nothing about messages yet. `/why` shows why I did something, and lets you correct it."
          : known.map((rule) => `- \`${rule.id}\` ${quoteInline(rule.says)}`).join("\n"),
    };
  if (!known.some((rule) => rule.id === id)) return { text: `There is no rule ${quoteInline(id)}.` };
  return {
    text: "Taken back.",
    commit: async (transaction) => {
      await transaction.cdc.removeRule(id);
      await transaction.cdc.addEvent("rule", id, now);
    },
  };
}
