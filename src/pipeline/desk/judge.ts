import type { Classify } from "../../cdc/classify.ts";
import type { Classification, MessageToClassify } from "../../cdc/classification.ts";
import { decideAction, defaultLimits, type ActionDecision, type Limits } from "../../cdc/decide-action.ts";
import { decideResponse } from "../../cdc/decide.ts";
import type { FindPromises } from "../../cdc/promises/find-promises.ts";
import { countQuietMinutes } from "../../cdc/quiet-hours.ts";
import type { createWallClock } from "../../cdc/wall-clock.ts";
import type { DecisionRecord, ThreadRecord } from "../../core/cdc.ts";
import { createCode } from "../../core/id.ts";
import type { InboundMessage } from "../../core/message.ts";
import type { InboxItem, Role, Store } from "../../core/store.ts";
import { parseCommand } from "../commands/command.ts";
import type { ChannelPolicy, ReplyPolicy } from "../policy.ts";

const hourMs = 3_600_000;
/** After an answer of ours the next one in the same thread waits so long: people write in bursts. */
const coolDownMs = 30_000;
const maxExcerptChars = 500;
/** Under this name the store keeps until when nothing is sent: /quiet. */
export const quietFact = "quietUntil";

/** What reads messages. Loaded with the first message that needs it: many services never watch. */
export interface JudgeParts {
  readonly classify: Classify;
  readonly readClock: ReturnType<typeof createWallClock>;
  readonly findPromises: FindPromises;
}

export interface JudgeDeps {
  readonly store: Store;
  readonly now: () => number;
  readonly settings: () => { readonly ownerName: string; readonly timeZone: string };
  readonly classify: Classify;
  readonly readClock: ReturnType<typeof createWallClock>;
  /** Changes what was read from a message by what the owner taught, and asks a model where it is unclear. */
  readonly refine: (
    message: InboundMessage,
    toClassify: MessageToClassify,
    found: Classification,
  ) => Promise<Classification>;
}

/** One message with what is to become of it. */
export interface Judged {
  readonly item: InboxItem;
  readonly classification: Classification;
  readonly decision: ActionDecision;
  readonly record: DecisionRecord;
  /** Answers an hour. */
  readonly limits: Limits;
}

/** Is this message the watching's business? What is said to the bot itself is answered without further ado. */
export function isWatched(message: InboundMessage, policy: ChannelPolicy, role: Role): boolean {
  const toBot = decideResponse(message, policy.mode).action === "answer";
  if (!toBot) return true;
  if (policy.reply === undefined) return false;
  // The owner speaks to the bot, on whatever channel. In the owner's own account nobody else knows of one.
  if (role === "owner") return false;
  return !(role === "admin" && (message.kind === "command" || parseCommand(message.text) !== undefined));
}

/**
 * Tells of each message what it is and what is to become of it: the classification without a model, the counters and
 * the state of the thread from the store, the rest by the table. Reads only.
 */
export async function judgeMail(
  deps: JudgeDeps,
  items: readonly InboxItem[],
  policy: ChannelPolicy,
  role: Role,
): Promise<readonly Judged[]> {
  const [first] = items;
  if (first === undefined) return [];
  const { store, now } = deps;
  const { conversation } = first;
  const isGroup = items.some(({ message }) => message.isGroup);
  const people = isGroup ? await store.cdc.speakers(conversation) : [];
  const facts = policy.reply === undefined ? undefined : await loadFacts(store, first, now());
  const judged: Judged[] = [];
  for (const item of items) {
    const classification = await classify(deps, item.message, policy, people);
    const decision =
      policy.reply === undefined || facts === undefined
        ? tellOnly(decideAction(situationOf(deps, item, classification, policy, role, undefined)))
        : decideAction(situationOf(deps, item, classification, policy, role, facts));
    const record = toRecord(item, classification, decision, now());
    judged.push({ item, classification, decision, record, limits: limitsOf(policy) });
  }
  return judged;
}

/** What begins with a slash and got here is no order to a bot: "/tmp is full, could you look?" */
function asNoCommand(found: Classification): Classification {
  return found.kind === "command" ? { ...found, kind: "request", asks: true, confidence: 0.6 } : found;
}

interface Facts {
  readonly thread: ThreadRecord | undefined;
  readonly hasOpenDraft: boolean;
  readonly hasPromise: boolean;
  readonly isVip: boolean;
  /** Until when the owner wants nothing sent; 0: no such time. */
  readonly quietUntil: number;
  readonly pastHour: { readonly sender: number; readonly thread: number; readonly channel: number };
}

async function loadFacts(store: Store, { conversation, message }: InboxItem, now: number): Promise<Facts> {
  const [thread, draft, promises, pastHour, vips, quiet] = await Promise.all([
    store.cdc.thread(conversation),
    store.cdc.openDraft(conversation),
    store.cdc.openPromises(10, conversation),
    store.cdc.countAnswers(
      { senderId: message.sender.id, conversation, channel: message.address.channel },
      now - hourMs,
    ),
    store.cdc.fact("vips"),
    store.cdc.fact(quietFact),
  ]);
  return {
    thread,
    hasOpenDraft: draft !== undefined,
    hasPromise: promises.some(({ madeBy }) => madeBy === "owner"),
    quietUntil: typeof quiet === "number" ? quiet : 0,
    isVip: Array.isArray(vips) && vips.includes(message.sender.id),
    pastHour,
  };
}

async function classify(
  deps: JudgeDeps,
  message: InboundMessage,
  policy: ChannelPolicy,
  people: readonly string[],
): Promise<Classification> {
  const { ownerName, timeZone } = deps.settings();
  const toClassify: MessageToClassify = {
    text: message.text,
    isGroup: message.isGroup,
    isAddressed: message.isAddressed,
    channel: policy.platform,
    sender: message.sender,
    isAutomated: message.isAutomated === true,
    isCommand: false,
    ...(message.subject === undefined ? {} : { subject: message.subject }),
  };
  const ownNames = ownerName === "" ? [] : [ownerName];
  const found = deps.classify(toClassify, { now: deps.now(), timeZone, ownNames, people });
  return deps.refine(message, toClassify, asNoCommand(found));
}

function limitsOf({ reply }: { readonly reply?: ReplyPolicy | undefined }): Limits {
  return { ...defaultLimits, perSender: reply?.perSenderPerHour ?? defaultLimits.perSender };
}

function situationOf(
  deps: JudgeDeps,
  { message }: InboxItem,
  classification: Classification,
  { mode, reply }: ChannelPolicy,
  role: Role,
  facts: Facts | undefined,
): Parameters<typeof decideAction>[0] {
  const now = deps.now();
  const thread = facts?.thread;
  const { timeZone } = deps.settings();
  return {
    classification,
    mode,
    replyAction: reply?.action ?? "draft",
    escalateFrom: reply?.escalateFrom ?? "high",
    sender: {
      role,
      isVip: facts?.isVip === true,
      isOurs: message.isOwn === true || role === "owner",
      isMachine: message.isAutomated === true || message.sender.isBot,
    },
    kind: message.kind,
    thread: {
      ownerHasAnswered: (thread?.ownerWroteAt ?? 0) > message.sentAt,
      hasOpenDraft: facts?.hasOpenDraft === true,
      isReplyToUs: message.replyToId !== undefined && (thread?.weWroteAt ?? 0) + (thread?.ownerWroteAt ?? 0) > 0,
      hasPromise: facts?.hasPromise === true,
      exchangesWithoutHuman: thread?.exchanges ?? 0,
    },
    pastHour: facts?.pastHour ?? { sender: 0, thread: 0, channel: 0 },
    limits: limitsOf({ reply }),
    quietMinutes: Math.max(
      reply?.quiet === undefined ? 0 : countQuietMinutes({ ...reply.quiet, timeZone }, now, deps.readClock),
      Math.ceil(((facts?.quietUntil ?? 0) - now) / 60_000),
    ),
    coolDownMinutes: Math.max(0, coolDownMs - (now - (thread?.weWroteAt ?? 0))) / 60_000,
  };
}

/** Where nobody asked for answers in the owner's name, what is asked of the owner is told and no more. */
function tellOnly(decision: ActionDecision): ActionDecision {
  const { tellsOwner, priority, reasons, action } = decision;
  if (action === "ignore" || action === "digest" || action === "escalate") return decision;
  return { action: tellsOwner ? "escalate" : "digest", tellsOwner, priority, reasons };
}

function toRecord(
  { conversation, message }: InboxItem,
  { kind, asks, deadline, confidence, reasons }: Classification,
  decision: ActionDecision,
  at: number,
): DecisionRecord {
  return {
    id: createCode(6).toLowerCase(),
    conversation,
    channel: message.address.channel,
    messageId: message.id,
    senderId: message.sender.id,
    senderName: message.sender.name,
    excerpt: message.text.replaceAll(/\s+/g, " ").trim().slice(0, maxExcerptChars).toWellFormed(),
    ...(message.subject === undefined ? {} : { subject: message.subject }),
    kind,
    asks,
    priority: decision.priority,
    ...(deadline === undefined
      ? {}
      : { deadline: deadline.time === undefined ? deadline.date : `${deadline.date} ${deadline.time}` }),
    confidence,
    action: decision.action,
    tellsOwner: decision.tellsOwner,
    reasons: [...decision.reasons, ...reasons],
    at,
  };
}
