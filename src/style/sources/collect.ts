import { AppError } from "../../core/errors.ts";
import type { OwnMessage } from "../../core/style.ts";
import { readJsonLines } from "./json-lines.ts";
import { readMbox } from "./mbox.ts";
import { readPlainText } from "./plain-text.ts";
import { readSlack } from "./slack.ts";
import type { ReadSource, SourceKind, SourceRequest } from "./source.ts";
import { readTelegram } from "./telegram.ts";
import { readWhatsApp } from "./whatsapp.ts";

/** What was found in a source. */
export interface Collected {
  /** The owner's newest messages, oldest first. */
  readonly messages: readonly OwnMessage[];
  /** How many of the owner's there were in all. */
  readonly own: number;
  /** How many others' messages were passed over, by who sent them, most first. */
  readonly others: readonly { readonly sender: string; readonly messages: number }[];
  readonly faults: { readonly first: readonly SourceFault[]; readonly count: number };
}

export interface SourceFault {
  readonly where: string;
  readonly what: string;
}

/** As many as a profile is made of. */
const mostKept = 5_000;
const mostFaults = 20;
const mostSenders = 10_000;

const readers: Readonly<Record<SourceKind, ReadSource>> = {
  mbox: readMbox,
  slack: readSlack,
  whatsapp: readWhatsApp,
  telegram: readTelegram,
  text: readPlainText,
  jsonl: readJsonLines,
};

const hints: Readonly<Record<SourceKind, string>> = {
  mbox: "your address",
  slack: "your user id, such as U0123ABCD (in Slack: Profile, More, Copy member ID)",
  whatsapp: "your name as the chat shows it",
  telegram: "your id or name as the export shows it",
  text: "",
  jsonl: "yourself as the lines name you under `from`",
};

/**
 * The owner's own messages in a source, in bounded memory. Throws AppError "bad-input" when others wrote in it and nothing
 * is the owner's: learning from those who wrote to the owner would be learning the wrong person.
 */
export async function collectOwn(kind: SourceKind, request: SourceRequest): Promise<Collected> {
  let messages: OwnMessage[] = [];
  let own = 0;
  const others = new Map<string, number>();
  const first: SourceFault[] = [];
  let faults = 0;
  for await (const item of readers[kind](request)) {
    if (item.type === "own") {
      own += 1;
      messages.push(item.message);
      if (messages.length >= 2 * mostKept) messages = pickNewest(messages);
    } else if (item.type === "other") {
      const count = others.get(item.sender);
      if (count !== undefined || others.size < mostSenders) others.set(item.sender, (count ?? 0) + 1);
    } else {
      faults += 1;
      if (first.length < mostFaults) first.push({ where: item.where, what: item.what });
    }
  }
  const senders = [...others]
    .map(([sender, count]) => ({ sender, messages: count }))
    .toSorted((a, b) => b.messages - a.messages || (a.sender < b.sender ? -1 : 1));
  if (own === 0 && senders.length > 0) throw notFound(kind, request.me, senders);
  return { messages: pickNewest(messages), own, others: senders, faults: { first, count: faults } };
}

function notFound(kind: SourceKind, me: readonly string[], senders: Collected["others"]): AppError {
  const most = senders.slice(0, 8).map(({ sender, messages }) => `${sender}: ${messages}`);
  const who = me.length === 0 ? "Nobody has said who of them you are" : `None of them is ${me.join(" or ")}`;
  return new AppError("bad-input", `${who}. Those who wrote most: ${most.join(", ")}.`, {
    hint: `Say ${hints[kind]}: --me ID, several times if you have several.`,
  });
}

function pickNewest(messages: readonly OwnMessage[]): OwnMessage[] {
  return messages.toSorted((a, b) => a.at - b.at).slice(-mostKept);
}
