import type { Classification, Priority } from "./classification.ts";
import type { ChannelMode } from "./decide.ts";

/** What may happen by itself on a channel: nothing, drafts, drafts with a question in chat, answers. */
export type ReplyAction = "off" | "draft" | "approve" | "auto";

/** All that an action is decided by. Counters and thread facts are of the moment of deciding. */
export interface Situation {
  readonly classification: Classification;
  readonly mode: ChannelMode;
  readonly replyAction: ReplyAction;
  /** From this priority on the owner is told on their preferred channel. */
  readonly escalateFrom: Priority;
  readonly sender: {
    readonly role: "owner" | "admin" | "member" | "guest" | "blocked";
    readonly isVip: boolean;
    /** Written by the owner, or sent by us: to others, not to us. */
    readonly isOurs: boolean;
    readonly isMachine: boolean;
  };
  /** An edit, a deletion or a reaction is answered by nobody. */
  readonly kind: "message" | "edit" | "deletion" | "reaction" | "command";
  readonly thread: {
    readonly ownerHasAnswered: boolean;
    readonly hasOpenDraft: boolean;
    readonly isReplyToUs: boolean;
    readonly hasPromise: boolean;
    /** Answers that we sent in a row with no person of ours in between. */
    readonly exchangesWithoutHuman: number;
  };
  /** Answers and drafts of the past hour. */
  readonly pastHour: { readonly sender: number; readonly thread: number; readonly channel: number };
  readonly limits: Limits;
  /** Of countQuietMinutes; 0 when it is not quiet. */
  readonly quietMinutes: number;
  /** Until this channel may speak again after the last answer; 0 when it may. */
  readonly coolDownMinutes: number;
}

export interface Limits {
  readonly perSender: number;
  readonly perThread: number;
  readonly perChannel: number;
  readonly exchangesWithoutHuman: number;
  /** Below it nothing is sent that nobody has looked at. */
  readonly minConfidence: number;
}

export const defaultLimits: Limits = {
  perSender: 3,
  perThread: 3,
  perChannel: 10,
  exchangesWithoutHuman: 3,
  minConfidence: 0.7,
};

/** So long a draft waits at most. */
const draftMinutes = 7 * 24 * 60;

export type Action =
  | { readonly action: "reply" | "draft" | "ask-approval" | "escalate" | "digest" | "ignore" }
  | { readonly action: "follow-up"; readonly inMinutes: number };

export type ActionDecision = Action & {
  /** The owner is told at once on their preferred channel, besides what else is done. */
  readonly tellsOwner: boolean;
  readonly priority: Priority;
  readonly reasons: readonly string[];
};

const priorities: readonly Priority[] = ["low", "normal", "high", "urgent"];

/**
 * What becomes of a message: the guards first, then the table of reply actions. Never a draft of an answer to what asks
 * nothing. Pure: whatever it knows it was given.
 */
export function decideAction(situation: Situation): ActionDecision {
  const { priority, reasons: raised } = decidePriority(situation);
  const isPressing = priorities.indexOf(priority) >= priorities.indexOf(situation.escalateFrom);
  const finish = (action: Action, reasons: readonly string[], tellsOwner = false): ActionDecision => ({
    ...action,
    tellsOwner: tellsOwner || action.action === "escalate",
    priority,
    reasons: [...reasons, ...raised],
  });

  const barred = findBar(situation);
  if (barred !== undefined) return finish({ action: "ignore" }, [barred]);
  const { classification, thread, quietMinutes } = situation;
  const { kind, asks, addressee } = classification;
  // One who asks again and again is told of no more; that others asked a lot is no reason to keep quiet about this one.
  const isFlood = situation.pastHour.sender >= situation.limits.perSender && priority !== "urgent";
  const mayTell = isPressing && !isFlood && (quietMinutes === 0 || priority === "urgent");

  if (kind === "spam" || kind === "automated") return finish({ action: "ignore" }, [`it is ${kind}`]);
  if (situation.sender.isMachine || kind === "notification")
    return finish({ action: mayTell ? "escalate" : "digest" }, ["a machine wrote it: it is told, not answered"]);
  if (kind === "command" && (asks || situation.kind === "command"))
    return finish({ action: situation.mode === "listen" ? "ignore" : "reply" }, ["it is a command"]);
  if (addressee !== "me" && !asks) {
    const isOthers = addressee !== "room";
    return finish({ action: !isOthers && mayTell ? "escalate" : isOthers ? "ignore" : "digest" }, [
      isOthers ? "other people talk with each other" : "it is for everybody and asks nothing of you",
    ]);
  }
  if (thread.ownerHasAnswered) return finish({ action: "ignore" }, ["you have answered already"]);
  if (!asks) {
    const isSmallTalk = kind === "greeting" || kind === "thanks";
    return finish({ action: mayTell ? "escalate" : isSmallTalk ? "ignore" : "digest" }, [
      isSmallTalk ? `it is only ${kind === "thanks" ? "a thank you" : "a greeting"}` : "it asks nothing",
    ]);
  }
  return decideAnswer(situation, priority, isPressing, mayTell, finish);
}

/** Why nothing at all is done, where that is so. */
function findBar({ mode, replyAction, sender, kind }: Situation): string | undefined {
  if (sender.role === "blocked") return "the sender is blocked";
  if (mode === "off") return "the channel is off";
  if (sender.isOurs) return "it is your own message";
  if (kind === "edit" || kind === "deletion" || kind === "reaction")
    return `it is ${kind === "edit" ? "an" : "a"} ${kind}`;
  if (replyAction === "off") return "reply.action is off: it is recorded only";
  return undefined;
}

/** What is done with what asks something of us. */
function decideAnswer(
  situation: Situation,
  priority: Priority,
  isPressing: boolean,
  mayTell: boolean,
  finish: (action: Action, reasons: readonly string[], tellsOwner?: boolean) => ActionDecision,
): ActionDecision {
  const { classification, mode, replyAction, sender, thread, limits, quietMinutes, coolDownMinutes } = situation;
  const asked = `it is a ${classification.kind} to ${classification.addressee === "me" ? "you" : "everybody"}`;
  if (thread.hasOpenDraft && classification.addressee === "me")
    return mayTell
      ? finish({ action: "escalate" }, ["a draft in this thread waits for you"])
      : // Looked at again as soon as that draft is answered.
        finish({ action: "follow-up", inMinutes: draftMinutes }, ["a draft in this thread waits for you"]);
  if (thread.exchangesWithoutHuman >= limits.exchangesWithoutHuman)
    return finish({ action: mayTell ? "escalate" : "digest" }, [
      `${thread.exchangesWithoutHuman} answers went out without a person looking`,
    ]);
  const full = findFullRate(situation);
  if (full !== undefined) return finish({ action: mayTell ? "escalate" : "digest" }, [full]);
  if (classification.addressee !== "me")
    return finish({ action: mayTell ? "escalate" : "digest" }, ["it asks everybody here, not you by name"]);
  if (mode === "listen") return finish({ action: "draft" }, [asked, "mode is listen: nothing is sent"], mayTell);
  if (replyAction === "draft") return finish({ action: "draft" }, [asked, "reply.action is draft"], mayTell);
  const wish = decideWish(situation, isPressing);
  if (quietMinutes > 0 && priority !== "urgent")
    return finish({ action: "follow-up", inMinutes: quietMinutes }, [asked, "these are your quiet hours"]);
  if (wish.action === "reply" && coolDownMinutes > 0 && sender.role !== "owner")
    return finish({ action: "follow-up", inMinutes: coolDownMinutes }, [
      asked,
      "the last answer went out a moment ago",
    ]);
  return finish({ action: wish.action }, [asked, wish.reason], mayTell);
}

function decideWish(
  { classification, replyAction, sender, limits, escalateFrom }: Situation,
  isPressing: boolean,
): { readonly action: "reply" | "ask-approval"; readonly reason: string } {
  if (sender.role === "owner") return { action: "reply", reason: "you asked yourself" };
  if (replyAction !== "auto") return { action: "ask-approval", reason: "reply.action is approve" };
  if (isPressing)
    return { action: "ask-approval", reason: `what is ${escalateFrom} or more is not answered without you` };
  if (classification.confidence < limits.minConfidence)
    return { action: "ask-approval", reason: "it is not quite clear what is asked" };
  return { action: "reply", reason: "reply.action is auto" };
}

function findFullRate({ pastHour, limits }: Situation): string | undefined {
  const full = [
    [pastHour.sender, limits.perSender, "this sender"],
    [pastHour.thread, limits.perThread, "this thread"],
    [pastHour.channel, limits.perChannel, "this channel"],
  ] as const;
  const found = full.find(([count, limit]) => count >= limit);
  return found && `${found[0]} answers for ${found[2]} in the past hour are the limit`;
}

/**
 * A promise and a VIP raise by one step each. What answers us is never low, and no more: in a running talk everything
 * answers us, and would be escalated.
 */
function decidePriority({ classification, sender, thread }: Situation): {
  readonly priority: Priority;
  readonly reasons: readonly string[];
} {
  let at = priorities.indexOf(classification.priority);
  const reasons: string[] = [];
  const raise = (why: string, highest: Priority): void => {
    if (at >= priorities.indexOf(highest)) return;
    at += 1;
    reasons.push(`more pressing, because ${why}`);
  };
  if (thread.isReplyToUs) raise("it answers something of ours", "normal");
  if (thread.hasPromise) raise("you promised something here", "urgent");
  if (sender.isVip) raise("the sender is important to you", "urgent");
  return { priority: priorities[at] ?? "normal", reasons };
}
