import type { MessageToClassify } from "../classification.ts";
import type { LanguageRules } from "../languages/language-rules.ts";
import type { Asked } from "./find-asks.ts";
import { createAskModel } from "./model.ts";

export interface Judgement {
  readonly asks: boolean;
  readonly kind: "question" | "request";
  readonly reason: string;
  /** From 0 to 1. */
  readonly confidence: number;
}

/** By what the learned model says yes. The F1 of calibrated probabilities is best at half of itself (Lipton, 2014). */
export const threshold = 0.42;
/** Where the grammar finds that something is asked, the model must be this sure that nothing is. */
const grammarThreshold = 0.35;
const maxWholeChars = 300;
/** Of a long text the first and the last sentences: what is asked stands there. */
const maxRated = 8;
const maxSentenceChars = 240;

export type JudgeAsks = (
  text: string,
  sentences: readonly string[],
  asked: Asked | undefined,
  message: MessageToClassify,
  rules: LanguageRules,
) => Judgement;

/** Makes what tells whether a text asks something of whom it speaks to: by grammar in all languages, in English also by the learned model. */
export function createAskJudge(rate = createAskModel()): JudgeAsks {
  return function judge(text, sentences, asked, message, rules) {
    const byGrammar: Judgement =
      asked === undefined ? { asks: false, kind: "request", reason: "", confidence: 0.8 } : { asks: true, ...asked };
    if ((asked?.language ?? rules.language) !== "en" || text === "") return byGrammar;
    const isMail = message.channel === undefined || /mail/i.test(message.channel);
    const chance = rateText(text, sentences);
    if (!isMail) {
      if (asked !== undefined) return byGrammar;
      return { ...byGrammar, confidence: 1 - 0.5 * chance };
    }
    const asks = chance > (asked === undefined ? threshold : grammarThreshold);
    if (!asks) return { asks, kind: "request", reason: "", confidence: asked === undefined ? 1 - chance : 0.6 };
    const confidence = asked === undefined ? chance : Math.max(asked.confidence, chance);
    return {
      asks,
      kind: asked?.kind ?? "request",
      reason: asked?.reason ?? "it is put like what asks something of its reader",
      confidence,
    };
  };

  /** A short text is rated as a whole, as the model learned it; of a longer one the sentence that asks most. */
  function rateText(text: string, sentences: readonly string[]): number {
    if (sentences.length <= 2 || text.length < maxWholeChars) return rate(text);
    const rated =
      sentences.length <= maxRated
        ? sentences
        : [...sentences.slice(0, maxRated / 2), ...sentences.slice(-maxRated / 2)];
    return Math.max(...rated.map((sentence) => rate(sentence.slice(0, maxSentenceChars))));
  }
}
