import type { Audience, Manner, StyleProfile } from "../../core/style.ts";
import { pickManner } from "../measure.ts";
import { applyCase } from "./casing.ts";
import { applyContractions } from "./contractions.ts";
import { applyEmoji } from "./emoji.ts";
import { pickEnd, pickStart, splitDraft, type Thread } from "./frame.ts";
import { applyLength } from "./length.ts";
import { protectFacts } from "./protect.ts";
import { applyPunctuation } from "./punctuation.ts";

const maxChars = 20_000;

export interface Surroundings {
  readonly thread?: Thread;
  readonly audience?: Audience;
}

/**
 * A draft with the owner's plain habits: greeting, sign-off, case, contractions, punctuation, emoji, empty sentences
 * and line breaks. Numbers, names, addresses, code and quotes stay as they are. Doing it twice changes nothing more.
 */
export function applyHabits(
  draft: string,
  profile: StyleProfile,
  { thread = {}, audience = {} }: Surroundings = {},
): string {
  const text = draft.trim();
  if (text === "" || text.length > maxChars) return draft;
  const manner = pickManner(profile, audience);
  const framed = splitDraft(text);
  const names = [...(thread.names ?? []), ...(thread.name === undefined ? [] : [thread.name])];
  const body = changeBody(framed.body, manner, names);
  return body === "" ? text : pickStart(framed, manner, thread) + body + pickEnd(framed, manner);
}

function changeBody(body: string, manner: Manner, names: readonly string[]): string {
  const kept = protectFacts(body, names);
  if (kept === undefined) return body;
  // Contracting makes new first words ("im", "dont"), and finds more when the case is right. Where an emoji goes, the
  // sign before it becomes the last one.
  const habits = [applyLength, applyCase, applyContractions, applyCase, applyPunctuation, applyEmoji, applyPunctuation];
  return kept.restore(habits.reduce((text, apply) => apply(text, manner), kept.text));
}
