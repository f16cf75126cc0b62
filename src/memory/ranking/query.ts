import { irregularForms } from "./irregular.ts";
import { listAlternatives } from "./synonyms.ts";
import { parseTimes, type QueryTimes } from "./times.ts";
import { vagueWords } from "./vague.ts";
import { listWords, toTerm } from "./words.ts";

/** One thing a question asks for: a word, and other words that may stand for it in an answer. */
export interface QueryConcept {
  readonly word: string;
  readonly term: string;
  readonly alternatives: readonly string[];
  /** Does it shape the question rather than say what it is about? */
  readonly isVague: boolean;
}

export interface MemoryQuery {
  /** What the full-text index is asked, one or the other; empty: the text has no word to look for. */
  readonly terms: readonly string[];
  readonly concepts: readonly QueryConcept[];
  /** All words, folded: a speaker named among them is asked about. */
  readonly words: ReadonlySet<string>;
  readonly times: QueryTimes;
  /** Is a time what it asks for? */
  readonly asksWhen: boolean;
}

/** A question of this many characters says what it is about; the rest is not read. */
const maxLength = 4_000;
const whenWords = new Set(["when", "wann", "quand", "cuando"]);
const maxConcepts = 32;
const maxTerms = 96;

/** What a question asks for. Takes any string. `now` is what "last week" counts from. Pure. */
export function parseQuery(text: string, now: number): MemoryQuery {
  const words = listWords(text.slice(0, maxLength));
  const concepts = new Map<string, QueryConcept>();
  for (const word of words) {
    if (concepts.size >= maxConcepts) break;
    const term = toTerm(word);
    if (term === undefined || concepts.has(term)) continue;
    const isVague = vagueWords.has(word) || vagueWords.has(irregularForms.get(word) ?? "") || vagueWords.has(term);
    concepts.set(term, { word, term, alternatives: listAlternatives(term), isVague });
  }
  const list = [...concepts.values()];
  const terms = new Set([...concepts.keys(), ...list.flatMap(({ alternatives }) => alternatives)]);
  return {
    terms: [...terms].slice(0, maxTerms),
    concepts: list,
    words: new Set(words),
    times: parseTimes(words, now),
    asksWhen: words.some((word) => whenWords.has(word)),
  };
}
