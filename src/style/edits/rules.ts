import { changeCase } from "../apply/casing.ts";
import { splitDraft } from "../apply/frame.ts";
import { protectFacts } from "../apply/protect.ts";
import { listSentences, strip, type Edited, type EditLesson } from "./learn-from-edit.ts";

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

/**
 * What most of the latest edits agree on. Once learned, a habit is in the drafts and need not be edited again: what the owner leaves
 * as it is holds it up, and one that they have given up is forgotten with the edits that showed it.
 */
export function learnRules(lessons: readonly EditLesson[]): EditRules {
  const all = lessons.filter(({ kind }) => kind !== "unchanged");
  const edits = all.slice(-recentEdits);
  const signOff = pickMajority(all.map(({ habits }) => habits.signOff));
  const start = pickMajority(all.map(({ habits }) => habits.start));
  const dropped = new Map<string, number>();
  for (const { habits } of edits)
    for (const sentence of new Set(habits.dropped.map(strip))) dropped.set(sentence, (dropped.get(sentence) ?? 0) + 1);
  return {
    ...(signOff !== undefined && { signOff }),
    ...(start !== undefined && { start }),
    dropped: [...dropped].filter(([, times]) => times >= leastEdits).map(([sentence]) => sentence),
  };
}

/** What the owner has made so several times, and what most of the latest texts were sent with. */
function pickMajority<Value extends string>(edits: readonly Edited<Value>[]): Value | undefined {
  const latest = edits.slice(-recentEdits);
  const counts = new Map<Value, number>();
  for (const { sent } of latest) if (sent !== undefined) counts.set(sent, (counts.get(sent) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  if (most === undefined || most[1] < clearMajority * latest.length) return undefined;
  const changed = edits.filter(({ sent, isChanged }) => isChanged && sent === most[0]).length;
  return changed >= leastEdits ? most[0] : undefined;
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
  return framed.start + signed(body, framed.end, signOff);
}

/** A name alone is a sign-off, too, once the owner has made it one: it is not put under itself. */
function signed(body: string, end: string, signOff: string | undefined): string {
  if (signOff === undefined) return body + end;
  if (signOff === "") return body;
  if (body === signOff) return body;
  const said = body.endsWith(`\n${signOff}`) ? body.slice(0, -signOff.length).trimEnd() : body;
  const space = /^\s*/.exec(end || body.slice(said.length))?.[0] || "\n";
  return `${said}${space}${signOff}`;
}

function dropSentences(body: string, dropped: ReadonlySet<string>): string {
  let text = body;
  for (const sentence of listSentences(body))
    if (dropped.has(strip(sentence)) && !/\d|https?:|`/.test(sentence)) text = text.replace(sentence, "");
  if (text === body) return body;
  const left = text
    .replaceAll(/[^\S\n]{2,}/g, " ")
    .replaceAll(/[^\S\n]*\n(?:[^\S\n]*\n)+/g, "\n\n")
    .trim();
  return left === "" ? body : left;
}
