import type { Manner } from "../../core/style.ts";
import { viewText } from "../message-view.ts";
import { findGreeting, findSignOff, type Greeting } from "../phrases.ts";
import { shareOf } from "./choose.ts";

const usual = 0.5;
const rare = 0.1;

export interface Thread {
  /** How the one is called whom the draft answers. */
  readonly name?: string;
  /** Names that the thread speaks of: they stay as they are. */
  readonly names?: readonly string[];
  /** Others read along: who is meant is said at the start, where the owner does that. */
  readonly isGroup?: boolean;
}

/** A draft, cut into what frames it and what it says. Joined they are the draft again. */
export interface FramedDraft {
  readonly start: string;
  readonly greeting: Greeting | undefined;
  readonly body: string;
  readonly end: string;
}

export function splitDraft(draft: string): FramedDraft {
  const signOff = findSignOff(viewText(draft));
  const from = signOff === undefined ? -1 : draft.lastIndexOf(`\n${signOff.split("\n")[0] ?? ""}`);
  const said = from < 0 ? draft : draft.slice(0, from).trimEnd();
  const greeting = findGreeting(said);
  const start =
    greeting === undefined ? viewText(said).address : said.slice(0, greeting.length) + spaceAt(said, greeting.length);
  return { start, greeting, body: said.slice(start.length), end: draft.slice(said.length) };
}

function spaceAt(text: string, index: number): string {
  return /^\s*/.exec(text.slice(index))?.[0] ?? "";
}

/** Greeting, or name, at the start, as the owner has them. No name that is there is lost. */
export function pickStart({ start, greeting }: FramedDraft, manner: Manner, { name, isGroup = false }: Thread): string {
  const habit = manner.greetings[0];
  if (greeting !== undefined) {
    const greeted = manner.greetings.reduce((sum, { share }) => sum + share, 0);
    return greeted < rare && !greeting.text.includes("{name}") ? "" : start;
  }
  if (start !== "") return start;
  if (habit !== undefined && habit.share >= usual) {
    if (habit.text.includes("{name}") && name === undefined) return "";
    return habit.text.replace("{name}", () => name ?? "") + breakAfter(manner);
  }
  return isGroup && name !== undefined ? nameFirst(manner, name) : "";
}

function breakAfter(manner: Manner): string {
  if (shareOf(manner, "blankLine") >= usual) return "\n\n";
  return shareOf(manner, "lineBreak") >= usual ? "\n" : " ";
}

function nameFirst(manner: Manner, name: string): string {
  const starts = { colon: `${name}: `, comma: `${name}, `, at: `@${name} ` };
  const kind = (["colon", "comma", "at"] as const).find((each) => shareOf(manner, "address", each) >= usual);
  return kind !== undefined && /^[\w\-[\]\\^{}|]{2,30}$/.test(name) ? starts[kind] : "";
}

/** The sign-off as the owner has it, in place of another one. */
export function pickEnd({ end }: FramedDraft, manner: Manner): string {
  const habit = manner.signOffs[0];
  if (habit !== undefined && habit.share >= usual)
    return `\n${shareOf(manner, "blankLine") >= usual ? "\n" : ""}${habit.text}`;
  const signed = manner.signOffs.reduce((sum, { share }) => sum + share, 0);
  // Without a name in it, it says nothing that would be missed.
  return signed < rare && !end.trim().includes("\n") ? "" : end;
}
