import type { DecisionRecord, DraftRecord, FollowUpRecord, ThreadRecord } from "../../core/cdc.ts";
import { quoteInline } from "../../core/quote.ts";
import { parseDuration } from "../../approvals/draft-answer.ts";
import { quietFact } from "../desk/judge.ts";
import { formatDraftCard, formatDraftOutcome } from "../desk/draft-card.ts";
import type { Command, CommandContext, CommandResult } from "./command.ts";

const listed = 8;

/** What the watching of channels found and wrote: for the owner, in a direct chat. */
export const inboxCommands: readonly Command[] = [
  {
    name: "inbox",
    usage: "/inbox",
    summary: "What needs you now: drafts and threads to answer.",
    role: "admin",
    run: show,
  },
  {
    name: "drafts",
    usage: "/drafts [ID]",
    summary: "Drafts that wait for you; one in full.",
    role: "admin",
    run: drafts,
  },
  { name: "edit", usage: "/edit ID WORDS", summary: "Sends your words instead of a draft.", role: "admin" },
  { name: "reject", usage: "/reject ID", summary: "Drops a draft, or says no to a question.", role: "admin" },
  { name: "snooze", usage: "/snooze ID [2h|1d]", summary: "Shows a draft again later.", role: "admin" },
  {
    name: "followups",
    usage: "/followups",
    summary: "What I look at again later, and what was promised.",
    role: "admin",
    run: followUps,
  },
  {
    name: "why",
    usage: "/why [ID]",
    summary: "Why I answered a message or left it alone; said in reply to it, or with its id.",
    role: "admin",
    run: why,
  },
  {
    name: "quiet",
    usage: "/quiet [2h|1d|off]",
    summary: "Sends nothing in your name for a while; what comes meanwhile is answered afterwards.",
    role: "owner",
    run: quiet,
  },
  {
    name: "vip",
    usage: "/vip [add|remove PERSON]",
    summary: "People whose messages press more.",
    role: "owner",
    run: vip,
  },
];

const onlyDirect: CommandResult = { text: "That is for our direct chat: others read along here." };

async function show(context: CommandContext): Promise<CommandResult> {
  if (context.message.isGroup) return onlyDirect;
  const { store, now } = context;
  const [waiting, threads, told] = await Promise.all([
    store.cdc.pendingDrafts(now, listed + 1),
    store.cdc.threads("to-reply", listed + 1),
    store.cdc.decisions({ needsOwner: true, since: now - 86_400_000, limit: listed }),
  ]);
  const since = await Promise.all(waiting.map((draft) => findSince(context, draft)));
  const shown = new Set(waiting.map(({ conversation }) => conversation));
  const open = threads.filter(({ conversation, snoozedUntil }) => !shown.has(conversation) && snoozedUntil <= now);
  const seen = new Set([...shown, ...open.map(({ conversation }) => conversation)]);
  const other = told.filter(({ conversation }) => !seen.has(conversation));
  if (waiting.length + open.length + other.length === 0) return { text: "Nothing needs you now." };
  return {
    text: [
      section(
        "Drafts that wait",
        waiting.map((draft, index) => ({ draft, since: since[index] })),
        lineOfWaiting,
      ),
      section("Threads to answer", open, lineOfThread),
      section("What I told you today", other, lineOfDecision),
    ]
      .filter((part) => part !== "")
      .join("\n\n"),
  };
}

function section<T>(title: string, items: readonly T[], line: (item: T) => string): string {
  if (items.length === 0) return "";
  const more = items.length > listed ? "\n- and more" : "";
  return `**${title}**\n${items.slice(0, listed).map(line).join("\n")}${more}`;
}

function lineOfDraft({ id, question, message }: DraftRecord): string {
  return `- \`${id}\` for ${quoteInline(question.senderName)}: ${quoteInline(shorten(message.text))}`;
}

/** What was asked after a draft was written. */
async function findSince({ store }: CommandContext, draft: DraftRecord): Promise<string | undefined> {
  const [latest] = await store.cdc.decisions({ conversation: draft.conversation, limit: 1 });
  if (latest === undefined || latest.at < draft.createdAt) return undefined;
  const asked = draft.question.text.replaceAll(/\s+/g, " ");
  return asked.includes(latest.excerpt) ? undefined : latest.excerpt;
}

function lineOfWaiting({ draft, since }: { draft: DraftRecord; since: string | undefined }): string {
  return `${lineOfDraft(draft)}${since === undefined ? "" : `\n  They wrote since: ${quoteInline(shorten(since))}`}`;
}

function lineOfThread({ conversation, reason }: ThreadRecord): string {
  return `- ${quoteInline(conversation)}: ${quoteInline(reason)}`;
}

function lineOfDecision({ id, senderName, excerpt }: DecisionRecord): string {
  return `- \`${id}\` ${quoteInline(senderName)}: ${quoteInline(shorten(excerpt))}`;
}

async function drafts(context: CommandContext): Promise<CommandResult> {
  const { store, now, argument, message } = context;
  if (message.isGroup) return onlyDirect;
  if (argument !== "") {
    const draft = await store.cdc.draft(argument);
    if (draft === undefined) return { text: `There is no draft ${quoteInline(argument)}.` };
    if (draft.state !== "pending") return { text: formatDraftOutcome(draft) };
    const { text, choices } = formatDraftCard(draft, message.address);
    return { text, ...(choices === undefined ? {} : { choices }) };
  }
  const waiting = await store.cdc.pendingDrafts(now, 20, true);
  if (waiting.length === 0) return { text: "No draft waits." };
  return { text: `${waiting.map(lineOfDraft).join("\n")}\n\n\`/drafts ID\` shows one in full.` };
}

async function followUps(context: CommandContext): Promise<CommandResult> {
  if (context.message.isGroup) return onlyDirect;
  const { store, deps } = context;
  const { timeZone } = deps.settings();
  const [waiting, promises] = await Promise.all([store.cdc.waitingFollowUps(20), store.cdc.openPromises(20)]);
  if (waiting.length + promises.length === 0) return { text: "Nothing is planned, and nothing promised." };
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "medium", timeStyle: "short" });
  const line = ({ dueAt, kind, conversation, reason }: FollowUpRecord): string =>
    `- ${format.format(dueAt)}: ${namesOfKinds[kind]} in ${quoteInline(conversation)} (${quoteInline(reason)})`;
  return {
    text: [
      section("Later", waiting, line),
      section(
        "Promised",
        promises,
        ({ id, madeBy, person, text, due }) =>
          `- \`${id}\` ${madeBy === "owner" ? "you" : quoteInline(person)}: ${quoteInline(shorten(text))}${due === undefined ? "" : `, by ${due}`}`,
      ),
    ]
      .filter((part) => part !== "")
      .join("\n\n"),
  };
}

const namesOfKinds: Readonly<Record<FollowUpRecord["kind"], string>> = {
  answer: "I look at mail again",
  reminder: "I remind you that nobody answered",
  promise: "a promise is due",
  snooze: "a draft is shown again",
};

const actions: Readonly<Record<DecisionRecord["action"], string>> = {
  reply: "I answered it",
  draft: "I wrote a draft",
  "ask-approval": "I wrote a draft and asked you",
  escalate: "I told you",
  "follow-up": "I look at it again later",
  digest: "I kept it for the digest",
  ignore: "I left it alone",
};

async function why({ store, argument, message, conversation }: CommandContext): Promise<CommandResult> {
  const decision =
    argument !== ""
      ? await store.cdc.decision(argument)
      : message.replyToId === undefined
        ? (await store.cdc.decisions({ conversation: conversation.id, limit: 1 }))[0]
        : await store.cdc.decisionOf(message.address.channel, message.replyToId);
  if (decision === undefined)
    return {
      text:
        argument === ""
          ? "I have decided nothing here that needs a reason: what is said to me I answer."
          : `There is no decision ${quoteInline(argument)}.`,
    };
  // Somebody else's room is not shown here.
  if (message.isGroup && decision.conversation !== conversation.id) return onlyDirect;
  const { id, senderName, excerpt, kind, asks, priority, deadline, confidence, action, reasons, correction } = decision;
  const lines = [
    `**${quoteInline(senderName)}**: ${quoteInline(shorten(excerpt))}`,
    `${actions[action]}, because ${reasons.slice(0, 3).join("; ") || "nothing else was to be done"}.`,
    `Read as: ${kind}, ${asks ? "it asks something" : "it asks nothing"}, priority ${priority}${deadline === undefined ? "" : `, by ${deadline}`}; ${Math.round(confidence * 100)}% sure.`,
    ...(correction === undefined
      ? []
      : [`You said: ${correction === "asks" ? "it did need an answer" : "it did not"}.`]),
  ];
  return {
    text: lines.join("\n\n"),
    choices: [
      { label: "It did need an answer", command: `/judge ${id} answer` },
      { label: "It did not", command: `/judge ${id} leave` },
    ],
  };
}

async function quiet({ store, argument, now, deps }: CommandContext): Promise<CommandResult> {
  const word = argument.toLowerCase();
  const known = await store.cdc.fact(quietFact);
  const until = typeof known === "number" && known > now ? known : undefined;
  const { timeZone } = deps.settings();
  const format = (at: number): string =>
    new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "medium", timeStyle: "short" }).format(at);
  if (word === "")
    return {
      text:
        until === undefined
          ? "It is not quiet now. `/quiet 2h` keeps me from sending anything in your name for two hours."
          : `Nothing is sent in your name before ${format(until)}. \`/quiet off\` ends it.`,
    };
  if (word === "off")
    return { text: "It is over.", commit: (transaction) => transaction.cdc.setFact(quietFact, undefined) };
  const forMs = parseDuration(word);
  if (forMs === undefined) return { text: "Write `/quiet 30m`, `/quiet 2h`, `/quiet 1d`, or `/quiet off`." };
  return {
    text: `Nothing is sent in your name before ${format(now + forMs)}, unless it is urgent and you approve it.`,
    commit: (transaction) => transaction.cdc.setFact(quietFact, now + forMs),
  };
}

async function vip({ store, argument }: CommandContext): Promise<CommandResult> {
  const known = await store.cdc.fact("vips");
  const vips = Array.isArray(known) ? (known as string[]) : [];
  const [, verb, person] = /^(add|remove)\s+(\S+)$/i.exec(argument) ?? [];
  if (verb === undefined || person === undefined)
    return {
      text:
        argument !== ""
          ? "Write `/vip add telegram:42` or `/vip remove telegram:42`."
          : vips.length === 0
            ? "Nobody. `/vip add telegram:42` adds somebody."
            : vips.map((id) => `- \`${id}\``).join("\n"),
    };
  const rest = vips.filter((id) => id !== person);
  const next = verb.toLowerCase() === "add" ? [...rest, person].slice(-500) : rest;
  return {
    text:
      verb.toLowerCase() === "add"
        ? `Messages of \`${person}\` press more from now on.`
        : `\`${person}\` is one of many again.`,
    commit: (transaction) => transaction.cdc.setFact("vips", next),
  };
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= 140 ? line : `${line.slice(0, 140).toWellFormed()}…`;
}
