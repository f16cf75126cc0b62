import type { Manner } from "../../core/style.ts";
import { choose } from "./choose.ts";
import { plainWords } from "../plain-words.ts";

type Case = "lower" | "upper";

export interface CaseHabits {
  /** Of the first word. */
  readonly first?: Case | undefined;
  /** Of the first words of further sentences; like the first, where it is not known. */
  readonly next?: Case | undefined;
  readonly i?: Case | undefined;
}

/** The case of the first words of sentences and of "I", as the owner writes them. */
export function applyCase(text: string, manner: Manner): string {
  return changeCase(text, {
    first: choose(manner, "start", "lower", "upper"),
    next: choose(manner, "sentenceStart", "lower", "upper"),
    i: choose(manner, "i", "lower", "upper"),
  });
}

/** Only plain words change: a name is never touched. */
export function changeCase(text: string, { first, next, i }: CaseHabits): string {
  const start = /^([^\p{L}\uE000-\uF8FF]*)(\p{L}+)/u;
  const further = /([.!?…][)\]]?\s+|\n\s*)(\p{L}+)/gu;
  const written = text
    .replace(start, (_, before: string, word: string) => before + setCase(word, first))
    .replaceAll(further, (_, before: string, word: string) => before + setCase(word, next ?? first));
  return setCaseOfI(written, i);
}

function setCase(word: string, to: Case | undefined): string {
  if (to === undefined || !plainWords.has(word.toLowerCase())) return word;
  const rest = word.slice(1);
  return (to === "lower" ? (word[0] ?? "").toLowerCase() : (word[0] ?? "").toUpperCase()) + rest;
}

/** Not the one in "Part I": before it stands nothing, a sign, or a plain word. */
function setCaseOfI(text: string, to: Case | undefined): string {
  if (to === undefined) return text;
  return text.replaceAll(
    /(^|[.,!?;:…(]\s*|\n\s*|(\p{L}+)\s+)[Ii](?=['’]\p{L}|\s+\p{Ll})/gu,
    (whole, before: string, word?: string) =>
      word !== undefined && !plainWords.has(word.toLowerCase()) ? whole : before + (to === "lower" ? "i" : "I"),
  );
}
