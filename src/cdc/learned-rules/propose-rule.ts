import type { DecisionRecord, LearnedRule } from "../../core/cdc.ts";
import type { Priority } from "../classification.ts";
import { quoteShort } from "../sentences.ts";
import { normalise, parseJudgementRule, type JudgementRule, type RuleScope } from "./judgement-rule.ts";

/** What the owner says of a decision: "this did need an answer", "this did not", "this presses more". */
export type Correction = "asks" | "ignore" | { readonly priority: Priority };

export type ProposedRule = Pick<LearnedRule, "about" | "rule" | "says" | "madeFrom">;

type Decided = Pick<
  DecisionRecord,
  "id" | "conversation" | "senderId" | "senderName" | "excerpt" | "subject" | "kind" | "reasons"
>;

const machines = new Set(["notification", "automated", "spam"]);
const maxPhraseWords = 8;
/** What of a message made us take it for a question or a request, as classifiers put it. */
const trigger = /^it (?:says|asks|begins with) “(.+)”$/;

/**
 * The rule that a correction teaches, as narrow as makes sense: these words of this person in this chat. Told the same
 * of the same kind once more, in other words, it is meant of the kind. What machines send is alike, and one word is
 * enough to hush it.
 */
export function proposeRule(
  decision: Decided,
  correction: Correction,
  known: readonly Pick<LearnedRule, "about" | "rule">[] = [],
): ProposedRule {
  const { senderId, conversation, kind } = decision;
  const phrase = findPhrase(decision);
  const wide: RuleScope = machines.has(kind) ? { sender: senderId, kind } : { sender: senderId, conversation, kind };
  const isSaidAgain = known.some((other) => isLikewise(parseJudgementRule(other), decision, correction, phrase));
  const isHushing = machines.has(kind) && correction === "ignore";
  // What only tells is never drafted for as a whole: one sentence that should have been answered makes no others ask.
  const canWiden = correction !== "asks" || kind === "question" || kind === "request";
  const { kind: _kind, ...narrow } = wide;
  const when = isHushing || phrase === "" || (isSaidAgain && canWiden) ? wide : { ...narrow, phrase };
  // oxlint-disable-next-line unicorn/no-thenable -- awaited by nobody
  const rule: JudgementRule = { when, then: correction };
  return { about: "judgement", rule, says: formatRule(rule, decision.senderName), madeFrom: decision.id };
}

/** Was the same said of this person and chat before, about other words? */
function isLikewise(
  rule: JudgementRule | undefined,
  { senderId, conversation }: Decided,
  correction: Correction,
  phrase: string,
): boolean {
  if (rule?.when.phrase === undefined || rule.when.phrase === phrase) return false;
  const isThere = rule.when.conversation === undefined || rule.when.conversation === conversation;
  return rule.when.sender === senderId && isThere && JSON.stringify(rule.then) === JSON.stringify(correction);
}

/** The words by which such a message is known again: what we stumbled over, or else what it begins with. */
function findPhrase({ reasons, subject, excerpt, kind }: Decided): string {
  const said = reasons.map((reason) => trigger.exec(reason)?.[1]).find((words) => words !== undefined);
  const isCut = said?.endsWith("…") === true;
  const text = said ?? (machines.has(kind) && subject !== undefined && subject !== "" ? subject : excerpt);
  const words = normalise(text).split(" ");
  // The last word of what was cut off may be half a word.
  return words.slice(0, isCut ? Math.min(words.length - 1, maxPhraseWords) : maxPhraseWords).join(" ");
}

/** The rule in plain words, for people. */
function formatRule({ when, then }: JudgementRule, senderName: string): string {
  const who = when.sender === undefined ? `somebody at ${when.domain ?? "any place"}` : senderName;
  const what = [
    when.kind === undefined ? undefined : `sends ${describeKind(when.kind)}`,
    when.phrase === undefined ? undefined : `writes ${quoteShort(when.phrase)}`,
  ].filter((part) => part !== undefined);
  const where = when.conversation === undefined ? "" : " in this chat";
  const outcome =
    then === "asks" ? "it needs an answer" : then === "ignore" ? "it needs none" : `its priority is ${then.priority}`;
  return `When ${who} ${what.join(" and ") || "writes"}${where}, ${outcome}.`;
}

function describeKind(kind: string): string {
  if (kind === "other") return "what asks nothing";
  if (kind === "automated") return "automatic mail";
  if (kind === "spam" || kind === "thanks") return kind;
  return `a ${kind}`;
}
