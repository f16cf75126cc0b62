import type { Language } from "../classification.ts";
import type { LanguageRules } from "../languages/language-rules.ts";
import { quoteShort } from "../sentences.ts";

/** What a sentence asks, as its words show. */
export interface Asked {
  readonly kind: "question" | "request";
  readonly reason: string;
  readonly language: Language;
  /** From 0 to 1. */
  readonly confidence: number;
}

/** Speaks of somebody else's asking, or of what is offered: "she asked me to", "please find attached", "let me check". */
const reported =
  /^\W*(?:(?:he|she|they|\p{Lu}\p{Ll}+) (?:asked|wanted|wants|told|said|needs|would like)|please (?:find (?:attached|enclosed|below)|see attached|note that|accept (?:my|our)|be advised)|let me (?!know)|allow me|no need to|you (?:don['’]t|do not) (?:need|have) to|feel free to ignore|never ?mind|bitte,? (?:schön|sehr|gern)|(?:yes|oh|no|ok|okay|yeah|ja|nein|oui|sí),? (?:please|bitte|por favor|s'il (?:te|vous) plaît)\W*$|de rien|de nada)/iu;

/** What a sentence that is no rhetorical question asks of its reader by its grammar; undefined for what only tells. */
export function findAsked(sentence: string, rules: LanguageRules): Asked | undefined {
  if (reported.test(sentence)) return undefined;
  const { language } = rules;
  const request = rules.request.exec(sentence)?.[0];
  if (request !== undefined)
    return { kind: "request", language, reason: `it says ${quoteShort(request)}`, confidence: 0.9 };
  const isQuestion = /\?["')\]]*\s*$/.test(sentence);
  if (isQuestion) return { kind: "question", language, reason: `it asks ${quoteShort(sentence)}`, confidence: 0.9 };
  const start = rules.questionStart.exec(sentence)?.[0];
  if (
    start !== undefined &&
    !/[!]\s*$/.test(sentence) &&
    (rules.language !== "en" || !/^\W*(?:when|where|what|how|who) (?:i|the|we|it|that|it is)\b/i.test(sentence))
  )
    return { kind: "question", language, reason: `it begins with ${quoteShort(start)}`, confidence: 0.7 };
  const order = rules.order.exec(sentence)?.[0];
  if (order !== undefined)
    return { kind: "request", language, reason: `it begins with ${quoteShort(order)}`, confidence: 0.75 };
  return undefined;
}
