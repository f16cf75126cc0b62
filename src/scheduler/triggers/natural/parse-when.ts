import { type Draft, joinDrafts } from "./draft.ts";
import { english } from "./english.ts";
import { french } from "./french.ts";
import { german } from "./german.ts";
import { interpret } from "./interpret.ts";
import type { Language } from "./language.ts";
import { pickSchedule, type Schedule, type Uneven } from "./pick-schedule.ts";
import { spanish } from "./spanish.ts";

/** A time that somebody wrote, and what they wrote besides. */
export type When = Schedule & { readonly timeZone: string; readonly restOfText: string };

/** Phrases that go together. */
interface Run {
  readonly draft: Draft;
  readonly end: number;
}

interface Found {
  readonly start: number;
  readonly end: number;
  readonly schedule: Schedule | Uneven;
}

const languages = [english, german, french, spanish];
/** Nobody says when in more than this. */
const maxTextLength = 1_000;

/**
 * Finds when something is to be done: "every weekday at nine tell me what I missed" is `0 9 * * 1-5` and "tell me what I
 * missed". In English, German, French and Spanish; where nothing is said of the hour, nine in the morning. Undefined:
 * no time is named, it cannot be kept exactly, or it has passed. Whether the text is an order at all it does not know:
 * show what was understood before anything is done. `timeZone` has to be one that there is.
 */
export function parseWhen(text: string, timeZone: string, now: number): When | undefined {
  const whole = text.normalize("NFC");
  const found = findAll(whole, timeZone, now);
  const times = found.flatMap(({ schedule, ...place }) => (schedule === "uneven" ? [] : [{ schedule, ...place }]));
  // The rest of what was said would be another time than was meant.
  if (times.length < found.length) return undefined;
  const [best] = times.toSorted(
    (a, b) => Number("at" in a.schedule) - Number("at" in b.schedule) || b.end - b.start - (a.end - a.start),
  );
  if (best === undefined) return undefined;
  return { ...best.schedule, timeZone, restOfText: cutOut(whole, best) };
}

/**
 * Is something to be done every other day, every second Friday or the like, which `parseWhen` refuses? Then what is said
 * besides.
 */
export function findUneven(text: string, timeZone: string, now: number): { readonly restOfText: string } | undefined {
  const whole = text.normalize("NFC");
  const uneven = findAll(whole, timeZone, now).find(({ schedule }) => schedule === "uneven");
  return uneven && { restOfText: cutOut(whole, uneven) };
}

function findAll(text: string, timeZone: string, now: number): readonly Found[] {
  if (text.length > maxTextLength) return [];
  return languages.flatMap((language) => findTimes(language, text, timeZone, now));
}

/** None where something is said that cannot be understood: the rest of it would mean something else. */
function findTimes(language: Language, text: string, timeZone: string, now: number): readonly Found[] {
  const found: Found[] = [];
  let end = 0;
  for (const { index } of text.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu)) {
    if (index < end) continue;
    const run = readRun(language, text, index);
    if (run === "senseless") return [];
    if (run === undefined) continue;
    end = run.end;
    const schedule = pickSchedule(run.draft, timeZone, now);
    if (schedule !== undefined) found.push({ start: index, end, schedule });
  }
  return found;
}

/** As many phrases in a row as go together. */
function readRun(language: Language, text: string, start: number): Run | "senseless" | undefined {
  let run: Run | undefined;
  for (let place = start; ;) {
    const next = readPhrase(language, text, place, run?.draft ?? {});
    if (next === undefined || next === "senseless") return next ?? run;
    run = next;
    place = next.end + (/^[\s,]*/.exec(text.slice(next.end))?.[0].length ?? 0);
  }
}

/** The longest phrase here that goes with what was understood before. */
function readPhrase(language: Language, text: string, place: number, before: Draft): Run | "senseless" | undefined {
  let longest: Run | undefined;
  let senselessEnd = 0;
  for (const [meaning, phrase] of language.phrases) {
    phrase.lastIndex = place;
    const match = phrase.exec(text);
    const end = place + (match?.[0].length ?? 0);
    if (match === null || end <= (longest?.end ?? place)) continue;
    const part = interpret(language, meaning, match.groups ?? {});
    if (part === undefined) senselessEnd = Math.max(senselessEnd, end);
    const draft = part && joinDrafts(before, part);
    if (draft !== undefined) longest = { draft, end };
  }
  return senselessEnd > (longest?.end ?? place) ? "senseless" : longest;
}

function cutOut(text: string, { start, end }: Pick<Found, "start" | "end">): string {
  const [before, after] = [text.slice(0, start), text.slice(end)];
  return `${before.trimEnd()} ${after.replace(/^[\s,;:–-]+/, "")}`.replaceAll(/^[\s,;:.–-]+|[\s,;:–-]+$/g, "");
}
