import type { Manner } from "../../core/style.ts";

const negated = "do does did is are was were has have had would could should".split(" ");

/** Full, with an apostrophe, and without; without only where that is no other word ("its", "were", "well"). */
const forms: readonly (readonly [full: string, apostrophe: string, bare?: string])[] = [
  ...negated.map((verb): [string, string, string] => [`${verb} not`, `${verb}n't`, `${verb}nt`]),
  ["cannot", "can't", "cant"],
  ["can not", "can't", "cant"],
  ["will not", "won't", "wont"],
  ["i am", "i'm", "im"],
  ["i have not", "i haven't", "i havent"],
  ["i will", "i'll"],
  ["it is", "it's"],
  ["that is", "that's", "thats"],
  ["there is", "there's", "theres"],
  ["what is", "what's", "whats"],
  ["you are", "you're", "youre"],
  ["they are", "they're", "theyre"],
  ["we are", "we're"],
  ["we will", "we'll"],
  ["you will", "you'll", "youll"],
];
/** "That is." and "what it is" are never contracted: a word of the sentence must follow. */
const follows = "(?=\\s+\\p{L})";

/** Contractions in English as the owner writes them; other languages have none of these words. */
export function applyContractions(text: string, { shares }: Manner): string {
  const own = shares["contractions"];
  const { apostrophe = 0, bare = 0, full = 0 } = own ?? {};
  const most = Math.max(apostrophe, bare, full);
  if (own === undefined || most < 0.4) return text;
  if (most === full) return rewrite(text, ([long, short]) => (short.endsWith("n't") ? [short, long] : undefined));
  const contracted = rewrite(text, ([long, short]) => [long, short]);
  return most === apostrophe
    ? rewrite(contracted, ([, short, none]) => (none === undefined ? undefined : [none, short]))
    : rewrite(contracted, ([, short, none]) => (none === undefined ? undefined : [short, none]));
}

type Rewriting = (form: readonly [string, string, string?]) => readonly [from: string, to: string] | undefined;

function rewrite(text: string, pick: Rewriting): string {
  let written = text.replaceAll(/(?<=\p{L})’(?=(?:t|s|re|m|ll)(?!\p{L}))/gu, "'");
  const done = new Set<string>();
  for (const form of forms) {
    const [from, to] = pick(form) ?? ["", ""];
    if (from === "" || done.has(from)) continue;
    done.add(from);
    const isFull = from.includes(" ");
    const pattern = new RegExp(`(?<![\\p{L}'])${from.replace(" ", "[ ]")}(?![\\p{L}'])${isFull ? follows : ""}`, "giu");
    written = written.replaceAll(pattern, (found) => likeCase(found, to));
  }
  return written;
}

/** "Do not" becomes "Don't", "I am" stays with its capital. */
function likeCase(like: string, text: string): string {
  const first = like[0] ?? "";
  return first === first.toLowerCase() ? text : text.slice(0, 1).toUpperCase() + text.slice(1);
}
