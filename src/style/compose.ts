import type { Audience, OwnMessage, StyleProfile } from "../core/style.ts";
import type { Thread } from "./apply/frame.ts";
import { applyHabits } from "./apply/index.ts";
import { describeChanges, type Change } from "./changes.ts";
import { applyRules, type EditRules } from "./edits/rules.ts";
import { pickExamples } from "./examples.ts";
import { keepsFacts } from "./facts.ts";
import { formatStyleGuide } from "./guide.ts";
import { leastMessages } from "./learn.ts";
import { maskText } from "./mask.ts";
import { createStyleMeter } from "./measure.ts";

/*
 * The way of a draft into the owner's manner: `prepareStyle` for the prompt, the model, `finishDraft` on what it wrote,
 * and where `needsRewrite` gives an instruction, the model once more and `finishDraft` on that. Pure, all of it.
 */

/** What a model is told before it writes. */
export interface PreparedStyle {
  /** At most 1,500 characters; empty while too little is known. */
  readonly guide: string;
  /** Up to three of the owner's own messages that are nearest to what is asked, code and addresses masked. */
  readonly examples: readonly string[];
}

export interface FinishedDraft {
  readonly text: string;
  /** 0 to 1; 0.5 while too little is known. */
  readonly score: number;
  readonly inRange: boolean;
  /** What the owner's habits and rules have changed. */
  readonly changed: readonly Change[];
  /** What still differs from the owner's manner, as sentences with numbers. */
  readonly features: readonly string[];
}

export interface Draft {
  /** Whom it answers, and the names that stand in the thread: they are facts and stay as they are. */
  readonly thread?: Thread;
  /** What the owner's edits have taught; they outrank the manner. */
  readonly rules?: EditRules;
}

const mostExamples = 3;
const maxPasses = 4;
const maxExampleChars = 600;
const maxInstructionChars = 2_000;

/** Under 20 messages nothing is told: a manner that nobody has shown is none. */
export function prepareStyle(
  profile: StyleProfile | undefined,
  samples: readonly OwnMessage[],
  { audience = {}, asked }: { readonly audience?: Audience; readonly asked: string },
): PreparedStyle {
  if (!isKnown(profile)) return { guide: "", examples: [] };
  const nearest = groupByNearness(samples, audience).flatMap((group) => pickExamples(group, asked));
  const examples = new Set(nearest.map((text) => maskText(text).replaceAll(/[\uE000-\uF8FF]/g, "…")));
  examples.delete("");
  return {
    guide: formatStyleGuide(profile, audience),
    examples: [...examples].filter((text) => text.length <= maxExampleChars).slice(0, mostExamples),
  };
}

/** What was written to the same person, else on the same channel, else to anybody: the first come first. */
function groupByNearness(samples: readonly OwnMessage[], { to, channel }: Audience): readonly (readonly string[])[] {
  const rank = (sample: OwnMessage): number => {
    if (sample.channel !== channel) return 2;
    if (to !== undefined && sample.to === to) return 0;
    return channel === undefined ? 2 : 1;
  };
  return [0, 1, 2].map((wanted) => samples.filter((each) => rank(each) === wanted).map(({ text }) => text));
}

/**
 * A draft with the owner's habits, and with what their edits have taught, measured. Where a habit would touch a fact
 * (a number, an address, code, a name of the thread), the draft stays as it came.
 */
export function finishDraft(
  profile: StyleProfile | undefined,
  audience: Audience,
  text: string,
  { thread = {}, rules }: Draft = {},
): FinishedDraft {
  // What one habit makes of a sentence may call for another: until nothing more changes.
  const write = (draft: string): string => {
    if (!isKnown(profile)) return draft;
    let written = draft;
    for (let pass = 0; pass < maxPasses; pass += 1) {
      const next = applyHabits(written, profile, { thread, audience });
      if (next === written) break;
      written = next;
    }
    return written;
  };
  const habitual = write(text);
  const ruled = rules === undefined ? habitual : writeByRules(text, write, rules);
  const names = [thread.name ?? [], thread.names ?? []].flat();
  const finished =
    text.trim() === "" ? text : ([ruled, habitual].find((each) => keepsFacts(text, each, names)) ?? text);
  const measured = isKnown(profile)
    ? createStyleMeter(profile, audience).measure([finished])
    : { score: 0.5, inRange: true, features: [] };
  return { text: finished, ...measured, changed: describeChanges(text, finished) };
}

/**
 * What the owner leaves out goes first, so that the habits see the last sentence as the last; the drafts that they took it
 * out of had been through the habits, so that it is looked for once more behind them.
 */
function writeByRules(text: string, write: (draft: string) => string, { dropped, ...manner }: EditRules): string {
  const shorter = write(applyRules(text, { dropped }));
  const left = applyRules(shorter, { dropped });
  return applyRules(left === shorter ? shorter : write(left), { ...manner, dropped: [] });
}

/** What to tell the model, once, about a finished draft that lies outside the owner's range; undefined: it is good as it is. */
export function needsRewrite({ inRange, text, features }: FinishedDraft, guide: string): string | undefined {
  if (inRange || guide === "" || text.trim() === "") return undefined;
  const differs =
    features.length === 0
      ? []
      : ["Of your draft against the owner's messages:", ...features.map((each) => `- ${each}`)];
  const rows = [
    "Your draft does not read as if the owner had written it. Write it again in the owner's manner.",
    "Keep every fact as it is: numbers, names, dates, addresses, code, and what is asked, offered and promised. Add none.",
    "Answer with the message alone.",
    ...differs,
  ];
  let instruction = "";
  for (const row of rows)
    if (instruction.length + row.length + 1 <= maxInstructionChars)
      instruction += instruction === "" ? row : `\n${row}`;
  return instruction;
}

function isKnown(profile: StyleProfile | undefined): profile is StyleProfile {
  return profile !== undefined && profile.general.messages >= leastMessages;
}
