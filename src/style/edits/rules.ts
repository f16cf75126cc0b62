import { changeCase } from "../apply/casing.ts";
import { splitDraft } from "../apply/frame.ts";
import { protectFacts } from "../apply/protect.ts";
import { listSentences, strip, type EditLesson } from "./learn-from-edit.ts";

/** What the owner changes again and again. Applied before the habits of the profile. */
export interface EditRules {
  readonly signOff?: string;
  readonly start?: "lower" | "upper";
  /** Sentences that the owner takes out, without case and signs. */
  readonly dropped: readonly string[];
}

/** Once is chance, and twice may be. */
const leastEdits = 3;
const clearMajority = 0.6;
const recentEdits = 30;

/** What most of the latest edits agree on; a habit the owner has given up is forgotten with the edits that showed it. */
export function learnRules(lessons: readonly EditLesson[]): EditRules {
  const edits = lessons.filter(({ kind }) => kind !== "unchanged").slice(-recentEdits);
  const signOff = pickMajority(
    edits.map(({ habits }) => habits.signOff),
    edits.length,
  );
  const start = pickMajority(
    edits.map(({ habits }) => habits.start),
    edits.length,
  );
  const dropped = new Map<string, number>();
  for (const { habits } of edits)
    for (const sentence of new Set(habits.dropped.map(strip))) dropped.set(sentence, (dropped.get(sentence) ?? 0) + 1);
  return {
    ...(signOff !== undefined && { signOff }),
    ...(start !== undefined && { start }),
    dropped: [...dropped].filter(([, times]) => times >= leastEdits).map(([sentence]) => sentence),
  };
}

function pickMajority<Value extends string>(values: readonly (Value | undefined)[], all: number): Value | undefined {
  const counts = new Map<Value, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most !== undefined && most[1] >= leastEdits && most[1] >= clearMajority * all ? most[0] : undefined;
}

/** A draft as the owner's edits so far would have left it. A sentence with a fact in it is never left out. */
export function applyRules(draft: string, { signOff, start, dropped }: EditRules): string {
  const framed = splitDraft(draft.trim());
  const shorter = dropSentences(framed.body, new Set(dropped));
  const kept = protectFacts(shorter);
  const body =
    kept === undefined || start === undefined
      ? shorter
      : kept.restore(changeCase(kept.text, { first: start, next: start, ...(start === "lower" ? { i: start } : {}) }));
  const end =
    signOff === undefined ? framed.end : signOff === "" ? "" : `${/^\s*/.exec(framed.end)?.[0] || "\n"}${signOff}`;
  return framed.start + body + end;
}

function dropSentences(body: string, dropped: ReadonlySet<string>): string {
  let text = body;
  for (const sentence of listSentences(body))
    if (dropped.has(strip(sentence)) && !/\d|https?:|`/.test(sentence)) text = text.replace(sentence, "");
  const left = text
    .replaceAll(/[^\S\n]{2,}/g, " ")
    .replaceAll(/[^\S\n]*\n(?:[^\S\n]*\n)+/g, "\n\n")
    .trim();
  return left === "" || left === body ? body : left;
}
