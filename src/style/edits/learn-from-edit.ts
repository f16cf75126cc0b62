import { splitDraft, type FramedDraft } from "../apply/frame.ts";
import { plainWords } from "../plain-words.ts";
import { compareTexts } from "./similarity.ts";

/** What an edit was about: how things are said, what is so, or what is to be done. */
export type EditKind = "unchanged" | "preference" | "fact" | "procedure";

/** Where a lesson may hold, narrowest first: the owner picks. */
export type EditScope = "sender" | "domain" | "topic" | "all";

export interface EditLesson {
  readonly kind: EditKind;
  readonly similarity: number;
  readonly scopes: readonly EditScope[];
  /** What changed in manner, whatever else did. */
  readonly habits: EditedHabits;
}

export interface EditedHabits {
  /** The sign-off; "" where there is none. */
  readonly signOff: Edited<string>;
  /** The case of the first letter. */
  readonly start: Edited<"lower" | "upper">;
  /** Whole sentences that the owner took out. */
  readonly dropped: readonly string[];
}

/** How something is in what was sent, and whether the owner made it so or left it. */
export interface Edited<Value> {
  readonly sent: Value | undefined;
  readonly isChanged: boolean;
}

const same = 0.95;
/** A sentence that has more than this in common with one that was sent is not gone. */
const reworded = 0.5;
const mostDropped = 20;
/** What somebody shall do or leave, from now on or in some order. */
const procedure =
  /\b(?:always|never|from now on|next time|in (?:the )?future|first (?:ask|check|send|call|talk)|before (?:you|we|i) |make sure|must(?:n't| not)?|(?:do not|don't|dont) (?:promise|send|share|answer|confirm|offer)|immer|niemals?|künftig|ab jetzt|toujours|jamais|désormais|siempre|nunca|a partir de ahora)\b/gi;

/** What the owner's edit of a draft teaches. */
export function learnFromEdit(draft: string, sent: string): EditLesson {
  const similarity = compareTexts(draft.trim(), sent.trim());
  const kind = similarity >= same ? "unchanged" : pickKind(draft, sent);
  return { kind, similarity, scopes: scopesOf[kind], habits: findHabits(draft, sent) };
}

const scopesOf: Readonly<Record<EditKind, readonly EditScope[]>> = {
  unchanged: [],
  preference: ["sender", "domain", "all"],
  fact: ["topic", "sender"],
  procedure: ["topic", "domain", "all"],
};

/** A fact that is new or other makes it one; leaving one out makes it shorter, no more. */
function pickKind(draft: string, sent: string): Exclude<EditKind, "unchanged"> {
  const before = splitDraft(draft.trim()).body;
  const after = splitDraft(sent.trim()).body;
  const had = new Set(listFacts(before));
  const known = new Set(before.toLowerCase().match(/[\p{L}\d]+/gu) ?? []);
  if (listFacts(after).some((fact) => !had.has(fact) && !known.has(fact))) return "fact";
  const rules = (text: string): number => text.match(procedure)?.length ?? 0;
  return rules(after) > rules(before) ? "procedure" : "preference";
}

/** Numbers, addresses, and words with a capital within a sentence that are no plain words, all in lower case. */
function listFacts(text: string): readonly string[] {
  const found = text.matchAll(/[a-z]+:\/\/\S+|\d[\d.,:/-]*\d|\d|(?<![\p{L}\d])\p{Lu}[\p{L}\d-]+/gu);
  return [...found]
    .filter(
      ({ 0: fact, index }) =>
        !/^\p{Lu}/u.test(fact) || !/(?:^|[.!?…:\n])\s*$/.test(text.slice(Math.max(0, index - 5), index)),
    )
    .map(({ 0: fact }) => fact.toLowerCase())
    .filter((fact) => !plainWords.has(fact));
}

function findHabits(draft: string, sent: string): EditedHabits {
  const before = splitDraft(draft.trim());
  const after = splitDraft(sent.trim());
  const kept = listSentences(after.body).map(strip);
  return {
    signOff: compare(findEnd(before), findEnd(after)),
    start: compare(startOf(before.body), startOf(after.body)),
    dropped: listSentences(before.body)
      .filter((sentence) => kept.every((other) => compareTexts(strip(sentence), other) < reworded))
      .slice(0, mostDropped),
  };
}

function compare<Value>(drafted: Value | undefined, sent: Value | undefined): Edited<Value> {
  return { sent, isChanged: drafted !== sent };
}

/** The sign-off, or a last line that is nothing but a name. */
function findEnd({ body, end }: FramedDraft): string {
  if (end.trim() !== "") return end.trim();
  const name = /\n\s*(\p{L}[\p{L}.'’-]{0,19}(?: \p{L}[\p{L}.'’-]{0,19})?)$/u.exec(body)?.[1] ?? "";
  return name.split(" ").some((word) => word.length > 1 && plainWords.has(word.toLowerCase())) ? "" : name;
}

function startOf(text: string): "lower" | "upper" | undefined {
  return /^\p{Ll}/u.test(text) ? "lower" : /^\p{Lu}/u.test(text) ? "upper" : undefined;
}

export function listSentences(text: string): readonly string[] {
  return text.split(/(?<=[.!?…])\s+|\n+/u).filter((sentence) => sentence.trim() !== "");
}

/** A sentence without what style changes in it. */
export function strip(sentence: string): string {
  return sentence
    .toLowerCase()
    .replaceAll(/[^\p{L}\d]+/gu, " ")
    .trim();
}
