import type { DecisionRecord, FollowUpRecord, PromiseRecord } from "../../core/cdc.ts";
import { parseConversationId } from "../../core/message.ts";
import type { Priority } from "../classification.ts";
import { createDigestDays, type DigestDays } from "./digest-days.ts";
import type {
  Digest,
  DigestChannel,
  DigestFacts,
  DigestItem,
  DigestOptions,
  DigestTarget,
  DigestThread,
  SectionKind,
} from "./digest.ts";

/** Promises further away are told of nearer to their day. */
const promiseDays = 7;
const maxTextChars = 300;
const maxNames = 2;
const priorities: readonly Priority[] = ["urgent", "high", "normal", "low"];

type NewItem = Omit<DigestItem, "ref">;

/**
 * What a digest has to tell. A thread with a draft is told of by its draft; one that was told at once and is still to be
 * answered needs the owner, and everything else only happened. Pure.
 */
export function assembleDigest(facts: DigestFacts, options: DigestOptions): Digest {
  const { decisions } = facts;
  const days = createDigestDays(options);
  const nameOf = createNames(facts);
  const open = listOpen(facts, options);
  let lastRef = 0;
  const number = (items: readonly NewItem[]): readonly DigestItem[] =>
    items.map((item) => ({ ...item, ref: (lastRef += 1) }));

  const sections: Record<SectionKind, readonly DigestItem[]> = {
    needsYou: number(listNeeds(facts, open, days, nameOf)),
    drafts: number(
      facts.drafts
        .filter(({ snoozedUntil }) => snoozedUntil <= options.toAt)
        .map(({ id, question, message }) => toItem("draft", id, `to ${question.senderName}`, message.text, [])),
    ),
    trouble: number(
      facts.sends.map(({ id, conversation, state, text }) =>
        toItem("send", id, nameOf(conversation), text, [state === "failed" ? "failed" : "may have arrived or not"]),
      ),
    ),
    promisesByOwner: number(listPromises(facts.promises, "owner", days, nameOf)),
    promisesToOwner: number(listPromises(facts.promises, "other", days, nameOf)),
    followUps: number(
      facts.followUps
        // A promise is told of among the promises.
        .filter(({ kind, state }) => kind !== "promise" && state === "waiting")
        .toSorted((one, next) => one.dueAt - next.dueAt)
        .map(({ id, kind, conversation, dueAt }) =>
          toItem("follow-up", id, nameOf(conversation), "", [`${namesOfKinds[kind]} ${days.moment(dueAt)}`]),
        ),
    ),
  };
  const channels = listChannels(decisions, nameOf);
  const { needsYou: _needsYou, ...others } = sections;
  return {
    options,
    // A thread to answer is told of by what was said in it, and later by its name: here it is the same thing.
    waiting: [
      ...open.map(({ conversation }) => `conversation ${conversation}`),
      ...Object.values(others).flatMap((items) => items.map(({ target }) => `${target.kind} ${target.id}`)),
    ],
    isEmpty: channels.length === 0 && Object.values(sections).every((items) => items.length === 0),
    decisionIds: decisions.map(({ id }) => id),
    messages: decisions.length,
    senders: new Set(decisions.map(({ senderId }) => senderId)).size,
    sections,
    channels,
  };
}

const namesOfKinds: Readonly<Record<FollowUpRecord["kind"], string>> = {
  answer: "looked at again",
  reminder: "reminder",
  promise: "promise",
  snooze: "shown again",
};

function toItem(
  kind: DigestTarget["kind"],
  id: string,
  who: string,
  text: string,
  notes: readonly (string | undefined)[],
): NewItem {
  const line = text.replaceAll(/\s+/g, " ").trim().slice(0, maxTextChars).toWellFormed();
  return { target: { kind, id }, who, text: line, note: notes.filter((note) => note !== undefined).join(", ") };
}

/** Names of conversations: what we were told, a subject, or who spoke there. */
function createNames({ decisions, nameOf }: DigestFacts): (conversation: string) => string {
  const byConversation = Map.groupBy(decisions, ({ conversation }) => conversation);
  return (conversation) => {
    const known = nameOf?.(conversation);
    if (known !== undefined && known !== "") return known;
    const spoken = byConversation.get(conversation) ?? [];
    const subject = spoken.findLast((decision) => decision.subject !== undefined && decision.subject !== "")?.subject;
    if (subject !== undefined) return subject;
    const names = listNames(spoken);
    return names === "" ? parseConversationId(conversation).chat : names;
  };
}

function listNames(decisions: readonly DecisionRecord[]): string {
  const names = [...new Set(decisions.map(({ senderName }) => senderName).filter((name) => name !== ""))];
  const more = names.length - maxNames;
  return `${names.slice(0, maxNames).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Threads to answer that no draft answers and nobody put off. */
function listOpen({ threads, drafts }: DigestFacts, { toAt }: DigestOptions): DigestFacts["threads"] {
  const drafted = new Set(drafts.map(({ conversation }) => conversation));
  return threads.filter(({ conversation, snoozedUntil }) => !drafted.has(conversation) && snoozedUntil <= toAt);
}

/** Threads to answer and what was told at once, the most pressing first, each conversation once. */
function listNeeds(
  { decisions, drafts, threads }: DigestFacts,
  open: DigestFacts["threads"],
  days: DigestDays,
  nameOf: (conversation: string) => string,
): readonly NewItem[] {
  const toAnswer = new Set([...drafts, ...threads].map(({ conversation }) => conversation));
  const told = decisions.filter(
    ({ conversation, tellsOwner, correction, asks }) =>
      tellsOwner &&
      correction !== "ignore" &&
      // What asks and is neither to reply nor drafted has been answered; what machines tell nobody answers.
      !asks &&
      !toAnswer.has(conversation),
  );
  const needs = [
    ...open.map((thread) => ({
      at: thread.theyWroteAt,
      conversation: thread.conversation,
      reason: thread.reason,
      decision: decisions.findLast(
        ({ conversation, asks, correction }) =>
          conversation === thread.conversation && (asks || correction === "asks") && correction !== "ignore",
      ),
    })),
    ...[...new Map(told.map((decision) => [decision.conversation, decision])).values()].map((decision) => ({
      at: decision.at,
      conversation: decision.conversation,
      reason: "",
      decision,
    })),
  ];
  const rank = (priority: Priority = "normal"): number => priorities.indexOf(priority);
  return needs
    .toSorted((one, next) => rank(one.decision?.priority) - rank(next.decision?.priority) || one.at - next.at)
    .map(({ conversation, reason, decision }) => {
      if (decision === undefined) {
        const name = nameOf(conversation);
        // Not "Noor · Noor asked".
        const said = reason.startsWith(`${name} `) ? reason.slice(name.length + 1) : reason;
        return toItem("conversation", conversation, name, "", [said]);
      }
      const { id, senderName, excerpt, priority, deadline } = decision;
      return toItem("decision", id, senderName, excerpt, [
        priority === "urgent" || priority === "high" ? priority : undefined,
        deadline === undefined ? undefined : `${days.isOver(deadline) ? "was due" : "by"} ${days.due(deadline)}`,
      ]);
    });
}

/** What is due soon or over, and what was promised without a day; the nearest first. */
function listPromises(
  promises: readonly PromiseRecord[],
  madeBy: PromiseRecord["madeBy"],
  days: DigestDays,
  nameOf: (conversation: string) => string,
): readonly NewItem[] {
  return promises
    .filter((promise) => promise.madeBy === madeBy && promise.state === "open")
    .filter(({ due }) => due === undefined || days.daysUntil(due) <= promiseDays)
    .toSorted((one, next) => (one.due ?? "9999").localeCompare(next.due ?? "9999") || one.at - next.at)
    .map(({ id, person, conversation, text, due }) =>
      toItem("promise", id, madeBy === "owner" ? nameOf(conversation) : person, text, [
        due === undefined ? undefined : `${days.isOver(due) ? "was due" : "by"} ${days.due(due)}`,
      ]),
    );
}

/** What happened, the busiest channels and threads first. */
function listChannels(
  decisions: readonly DecisionRecord[],
  nameOf: (conversation: string) => string,
): readonly DigestChannel[] {
  return [...Map.groupBy(decisions, ({ channel }) => channel)]
    .map(([channel, inChannel]) => ({
      channel,
      count: inChannel.length,
      threads: [...Map.groupBy(inChannel, ({ conversation }) => conversation)]
        .map(([conversation, inThread]): DigestThread => {
          const name = nameOf(conversation);
          const names = listNames(inThread);
          const item = toItem("conversation", conversation, name, inThread.at(-1)?.excerpt ?? "", [
            names === name ? undefined : names,
          ]);
          return { ...item, count: inThread.length };
        })
        .toSorted((one, next) => next.count - one.count || one.who.localeCompare(next.who)),
    }))
    .toSorted((one, next) => next.count - one.count || one.channel.localeCompare(next.channel));
}
