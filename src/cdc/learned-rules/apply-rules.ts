import type { LearnedRule } from "../../core/cdc.ts";
import type { Classification } from "../classification.ts";
import { findDomain, normalise, parseJudgementRule, type JudgementRule } from "./judgement-rule.ts";

/** What rules look at in a message. */
export interface MessageUnderRules {
  readonly senderId: string;
  readonly conversation: string;
  readonly text: string;
  readonly subject?: string;
}

interface Matched {
  readonly rule: JudgementRule;
  readonly at: number;
}

/**
 * What was read from a message, changed by what the owner taught. The narrowest rule that fits decides, of two like that
 * the newer. Nothing is remembered: without its rule, a message is read as before it. What machines wrote may be told
 * to the owner, but no rule makes it ask for an answer.
 */
export function applyRules(
  rules: readonly Pick<LearnedRule, "about" | "rule" | "at">[],
  message: MessageUnderRules,
  classification: Classification,
  timeZone: string,
): Classification {
  const text = ` ${normalise(`${message.subject ?? ""} ${message.text}`)} `;
  const matched = rules
    .flatMap((learned): readonly Matched[] => {
      const rule = parseJudgementRule(learned);
      return rule !== undefined && fits(rule, message, text, classification) ? [{ rule, at: learned.at }] : [];
    })
    .toSorted((one, next) => countConditions(next.rule) - countConditions(one.rule) || next.at - one.at);
  const asking = matched.find(({ rule }) => typeof rule.then === "string");
  const pressing = matched.find(({ rule }) => typeof rule.then === "object");
  const asked = asking === undefined ? classification : change(classification, asking, timeZone);
  return pressing === undefined ? asked : change(asked, pressing, timeZone);
}

function fits(
  { when }: JudgementRule,
  message: MessageUnderRules,
  text: string,
  classification: Classification,
): boolean {
  return (
    (when.sender === undefined || when.sender === message.senderId) &&
    (when.domain === undefined || when.domain === findDomain(message.senderId)) &&
    (when.conversation === undefined || when.conversation === message.conversation) &&
    (when.kind === undefined || when.kind === classification.kind) &&
    (when.phrase === undefined || text.includes(` ${when.phrase} `))
  );
}

/** A phrase is narrower than a kind, and a person narrower than their domain. */
function countConditions({ when }: JudgementRule): number {
  return (
    (when.phrase === undefined ? 0 : 8) +
    (when.conversation === undefined ? 0 : 4) +
    (when.sender === undefined ? 0 : 2) +
    (when.domain === undefined ? 0 : 1) +
    (when.kind === undefined ? 0 : 1)
  );
}

function change(found: Classification, { rule, at }: Matched, timeZone: string): Classification {
  const { then } = rule;
  const day = new Intl.DateTimeFormat("en-GB", { timeZone, day: "numeric", month: "long", year: "numeric" }).format(at);
  const reasons = [`you said so on ${day}`, ...found.reasons];
  if (typeof then === "object") return { ...found, priority: then.priority, reasons };
  if (then === "ignore")
    return {
      ...found,
      asks: false,
      kind: found.kind === "question" || found.kind === "request" ? "other" : found.kind,
      priority: "low",
      confidence: 1,
      reasons,
    };
  if (found.kind === "automated" || found.kind === "spam" || found.kind === "notification")
    return { ...found, kind: "notification", priority: found.priority === "urgent" ? "urgent" : "high", reasons };
  return {
    ...found,
    asks: true,
    kind: found.kind === "question" || found.kind === "command" ? found.kind : "request",
    addressee: "me",
    confidence: 1,
    reasons,
  };
}
