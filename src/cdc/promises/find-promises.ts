import { namesDay, type WallClock } from "../deadline/find-deadline.ts";
import { pickLanguages } from "../languages/index.ts";
import { pickOwnText } from "../own-text.ts";
import { listSentences } from "../sentences.ts";
import { createWallClock } from "../wall-clock.ts";
import { findPromiseDeadline } from "./promise-deadline.ts";
import { allPromiseWords, type PromiseWords } from "./promise-words.ts";

/** Something that the writer of a text says they will do. */
export interface FoundPromise {
  /** What was said, in one line. */
  readonly text: string;
  /** "2026-03-06" or "2026-03-06 12:00" in the reader's time zone, as in a PromiseRecord. */
  readonly due?: string;
}

export type FindPromises = (
  text: string,
  moment: { readonly now: number; readonly timeZone: string },
) => readonly FoundPromise[];

const maxPromises = 5;
const maxTextChars = 200;
/** Somebody else's words. */
const spokenOf = /["“„«»][^"”“»«\n]{1,200}["”“»«]/gu;
/** "ok?" behind a sentence asks for consent; the sentence asks nothing. */
const tag =
  /,?\s*(?:ok(?:ay)?|al(?:l )?right|fine|deal|right|einverstanden|ja|passt das|d['’]accord|ça (?:te|vous) va|vale|de acuerdo|sí)\s*\?\s*$/iu;

/** Makes what finds promises in a text, made by whoever wrote it. It throws nothing and remembers nothing. */
export function createPromiseFinder(
  readClock: (at: number, timeZone: string) => WallClock = createWallClock(),
): FindPromises {
  return function findPromises(text, { now, timeZone }) {
    const own = pickOwnText(text).replaceAll("’", "'");
    const words = orderWords(own);
    return listSentences(own)
      .flatMap((sentence) => findInSentence(sentence, words, () => readClock(now, timeZone)))
      .slice(0, maxPromises);
  };
}

/** The language the text seems to be written in first. */
function orderWords(text: string): readonly PromiseWords[] {
  const likely = pickLanguages(text).map(({ language }) => language);
  const rank = ({ language }: PromiseWords): number => (likely.includes(language) ? likely.indexOf(language) : 9);
  return allPromiseWords.toSorted((one, next) => rank(one) - rank(next));
}

function findInSentence(
  sentence: string,
  all: readonly PromiseWords[],
  readClock: () => WallClock,
): readonly FoundPromise[] {
  const said = sentence.replaceAll(spokenOf, " ").replace(tag, ".");
  if (said.includes("?") || said.includes("¿")) return [];
  for (const words of all) {
    if (!words.makes.test(said)) continue;
    if (words.hinges.test(removeAll(said, words.harmless))) return [];
    const clauses = said
      .split(words.joins)
      .filter((clause) => words.makes.test(clause) && !words.unmakes.test(removeAll(clause, words.harmless)));
    if (clauses.length === 0) return [];
    const dated = clauses.filter((clause) => namesDay(clause));
    // Of several promises in one sentence each needs a day of its own; else it is one, put in several words.
    const parts = dated.length > 1 ? dated : [said];
    return parts.map((part) => toPromise(part, words, readClock));
  }
  return [];
}

function toPromise(part: string, { language }: PromiseWords, readClock: () => WallClock): FoundPromise {
  const due = findPromiseDeadline(part, language, readClock);
  const text = part.replaceAll(/\s+/g, " ").trim();
  return {
    text: text.length <= maxTextChars ? text : `${text.slice(0, maxTextChars - 1).toWellFormed()}…`,
    ...(due !== undefined && { due }),
  };
}

function removeAll(text: string, pattern: RegExp): string {
  return text.replaceAll(new RegExp(pattern.source, `${pattern.flags}g`), " ");
}
