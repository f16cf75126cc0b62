import type { Manner } from "../../core/style.ts";
import { choose, shareOf } from "./choose.ts";

/** The last sign, exclamation marks, and the space between sentences, as the owner writes them. */
export function applyPunctuation(text: string, manner: Manner): string {
  let written = text;
  if (shareOf(manner, "exclamation") < 0.03) written = written.replaceAll(/(?<=[\p{L}\uE100-\uF8FF])!+(?=\s|$)/gu, ".");
  if (choose(manner, "sentenceSpace", "one", "several") === "several")
    written = written.replaceAll(/(?<=\p{L}{2}[.!?]) (?=\p{L})/gu, "  ");
  else if (choose(manner, "sentenceSpace", "one", "several") === "one")
    written = written.replaceAll(/(?<=\p{L}{2}[.!?]) {2}(?=\p{L})/gu, " ");
  const ending = choose(manner, "ending", "letter", "stop");
  // An abbreviation keeps its stop, and so does "...".
  if (ending === "letter")
    return written.replace(/(?<=(?:\p{L}{4}|\p{L}[’']\p{L}{1,2}|\s\p{L}{2,3}|[\uE100-\uF8FF)]))(?<!\betc)\.$/u, "");
  if (ending === "stop") return written.replace(/(?<=\p{L}{2})$/u, ".");
  return written;
}
