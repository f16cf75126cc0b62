import type { StyleProfile } from "../../core/style.ts";
import { quoteBlock, quoteInline } from "../../core/quote.ts";
import { styleFacts, takeAway, type Consent } from "../desk/known-manner.ts";
import type { Command, CommandContext, CommandResult } from "./command.ts";

const usage = "/style [learn on|off | forget [SOURCE] | compare TEXT | rules [drop ID|reset] | export]";

/** How the owner writes: what is known of it, from where, and how to be rid of it. */
export const styleCommands: readonly Command[] = [
  {
    name: "style",
    usage,
    summary: "Your manner of writing: what I know of it, from where, and how I use it.",
    role: "owner",
    run,
  },
];

async function run(context: CommandContext): Promise<CommandResult> {
  if (context.message.isGroup) return { text: "That is for our direct chat: others read along here." };
  const [, word = "", rest = ""] = /^(\S*)\s*([^]*)$/.exec(context.argument) ?? [];
  switch (word.toLowerCase()) {
    case "":
      return show(context);
    case "learn":
      return learn(context, rest.toLowerCase());
    case "forget":
      return forget(context, rest);
    case "compare":
      return compare(context, rest);
    case "rules":
      return rules(context, rest);
    case "export":
      return exportProfile(context);
    default:
      return { text: `Write it as \`${usage}\`.` };
  }
}

const loadProfile = async ({ store }: CommandContext): Promise<StyleProfile | undefined> =>
  (await store.cdc.fact(styleFacts.profile)) as StyleProfile | undefined;

async function show(context: CommandContext): Promise<CommandResult> {
  const { store, deps } = context;
  const [consent, counts, profile] = await Promise.all([
    store.cdc.fact(styleFacts.consent),
    store.cdc.countOwnMessages(),
    loadProfile(context),
  ]);
  const { drawProfile } = await import("../../style/picture.ts");
  const { timeZone } = deps.settings();
  const sources = counts.map(({ source, count, newestAt }) => {
    const newest = new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "medium" }).format(newestAt);
    return `- ${quoteInline(source)}: ${count} ${count === 1 ? "message" : "messages"}, the newest of ${newest}`;
  });
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const lines = [
    consent === undefined
      ? "I do not learn from what you write. `/style learn on` lets me: your words are kept for seven days, what they show of your manner until you forget it, and nothing leaves this machine but the guide in the prompt of your own model."
      : `I learn from what you write (since ${new Date((consent as Consent).at).toISOString().slice(0, 10)}). \`/style learn off\` ends it, \`/style forget\` takes it all away.`,
    ...(sources.length === 0 ? [] : [sources.join("\n")]),
    profile === undefined
      ? `Too little is known to be used: ${total} of 20 messages.`
      : `\`\`\`\n${drawProfile(profile, (_style, text) => text)}\n\`\`\``,
  ];
  return { text: lines.join("\n\n") };
}

async function learn({ message, now }: CommandContext, word: string): Promise<CommandResult> {
  if (word !== "on" && word !== "off") return { text: "Write `/style learn on` or `/style learn off`." };
  const consent: Consent = { at: now, by: message.sender.id };
  return {
    text:
      word === "on"
        ? "From now on I learn from what you write on the channels that I watch for you. Your words are kept for seven days; `/style` shows what I know, `/style forget` takes it away."
        : "I no longer learn. What I know stays in use until `/style forget`.",
    commit: async (transaction) => {
      await transaction.cdc.setFact(styleFacts.consent, word === "on" ? consent : undefined);
      await transaction.audit({ kind: `style.learn-${word}`, actor: message.sender.id, subject: "style" }, now);
    },
  };
}

async function forget({ store, message, now }: CommandContext, source: string): Promise<CommandResult> {
  const [counts, taught] = await Promise.all([store.cdc.countOwnMessages(), store.cdc.rules("style")]);
  const known = source === "" || counts.some((each) => each.source === source);
  if (!known)
    return {
      text: `I know nothing from ${quoteInline(source)}. ${counts.length === 0 ? "I know nothing at all." : `I know: ${counts.map((each) => quoteInline(each.source)).join(", ")}.`}`,
    };
  return {
    text:
      source === ""
        ? "Forgotten: your messages, what they showed, and what your edits taught."
        : `Forgotten: what I had from ${quoteInline(source)}. What is left is learned from anew.`,
    commit: async (transaction) => {
      const what = { source: source || undefined, rules: taught.map(({ id }) => id) };
      await takeAway(transaction, { ...what, by: message.sender.id, at: now });
    },
  };
}

async function compare(context: CommandContext, text: string): Promise<CommandResult> {
  const profile = await loadProfile(context);
  if (profile === undefined) return { text: "Too little is known of your manner to compare with." };
  if (text.trim() === "") return { text: "Write `/style compare` and a text behind it." };
  const [{ createStyleMeter }, { drawMeasure }] = await Promise.all([
    import("../../style/measure.ts"),
    import("../../style/picture.ts"),
  ]);
  const measured = createStyleMeter(profile).measure([text]);
  return { text: `\`\`\`\n${drawMeasure(measured, 1)}\n\`\`\`\n\nOne text alone proves nothing: short ones vary.` };
}

async function rules({ store, now }: CommandContext, argument: string): Promise<CommandResult> {
  const [, verb, id = ""] = /^(drop|reset)(?:\s+(\S+))?$/i.exec(argument.trim()) ?? [];
  const notes = await store.cdc.rules("style");
  if (verb?.toLowerCase() === "reset")
    return {
      text: "What your edits taught is forgotten.",
      commit: async (transaction) => {
        await transaction.cdc.setFact(styleFacts.forgottenAt, now);
        for (const note of notes) await transaction.cdc.removeRule(note.id);
      },
    };
  if (verb !== undefined) {
    if (!notes.some((note) => note.id === id)) return { text: `There is no rule ${quoteInline(id)}.` };
    return {
      text: "Dropped.",
      commit: async (transaction) => void (await transaction.cdc.removeRule(id)),
    };
  }
  const { loadRules } = await import("../desk/manner.ts");
  const { signOff, start, dropped } = await loadRules(store, now);
  const lines = [
    ...(signOff === undefined ? [] : [signOff === "" ? "- no sign-off" : `- sign off with ${quoteInline(signOff)}`]),
    ...(start === undefined ? [] : [`- begin in ${start === "lower" ? "lower case" : "a capital"}`]),
    ...dropped.slice(0, 10).map((sentence) => `- leave out: ${quoteInline(sentence)}`),
    ...notes.map((note) => `- \`${note.id}\` ${quoteInline(note.says)}`),
  ];
  return {
    text:
      lines.length === 0
        ? "Your edits have taught nothing yet: it takes three that agree."
        : `From your edits:\n${lines.join("\n")}\n\n\`/style rules reset\` forgets all of it, \`/style rules drop ID\` one.`,
  };
}

async function exportProfile(context: CommandContext): Promise<CommandResult> {
  const profile = await loadProfile(context);
  if (profile === undefined) return { text: "There is no profile yet." };
  return { text: quoteBlock(JSON.stringify(profile)) };
}
