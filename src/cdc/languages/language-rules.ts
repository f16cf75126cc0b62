import type { Language } from "../classification.ts";

/** What is said in one language, as patterns over text as it was written. All ignore case and respect word boundaries. */
export interface LanguageRules {
  readonly language: Language;
  /** Small words by which the language is known. */
  readonly smallWords: ReadonlySet<string>;
  readonly greeting: RegExp;
  readonly thanks: RegExp;
  /** Asks the reader to do something: "can you", "please". */
  readonly request: RegExp;
  /** Tells the reader to do something, held against the beginning of a sentence: "send". */
  readonly order: RegExp;
  /** Begins a question, also where the question mark was left out. Held against the beginning of a sentence. */
  readonly questionStart: RegExp;
  /** A question that wants no answer: "who knows?". */
  readonly rhetorical: RegExp;
  /** Speaks to one person, as against everybody. */
  readonly you: RegExp;
  readonly room: RegExp;
  /** Not urgent in so many words; taken away before urgency is looked for. */
  readonly relaxed: RegExp;
  readonly urgent: RegExp;
  readonly important: RegExp;
}

/** A pattern of whole words, in any case. JavaScript's \b knows only ASCII letters: "für" would end at its "f". */
export function defineWords(...alternatives: readonly string[]): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives.join("|")})(?![\\p{L}\\p{N}])`, "iu");
}

/** The same, at the beginning of a sentence. */
export function defineStart(...alternatives: readonly string[]): RegExp {
  return new RegExp(`^[^\\p{L}\\p{N}]*(?:${alternatives.join("|")})(?![\\p{L}\\p{N}])`, "iu");
}
