import { splitDraft } from "./apply/frame.ts";
import { viewText } from "./message-view.ts";
import { findEmoji } from "./phrases.ts";

/** What was changed about a draft, as a person would say it. */
export type Change = "greeting" | "sign-off" | "length" | "wording" | "case" | "punctuation" | "emoji" | "lines";

/** What sets a finished draft apart from the draft as it came. Empty when they are the same. */
export function describeChanges(before: string, after: string): readonly Change[] {
  const [one, other] = [splitDraft(before.trim()), splitDraft(after.trim())];
  const changes: readonly (readonly [Change, boolean])[] = [
    ["greeting", one.start.trim() !== other.start.trim()],
    ["sign-off", one.end.trim() !== other.end.trim()],
    ...compareBodies(one.body, other.body),
  ];
  const found = changes.flatMap(([change, isSo]) => (isSo ? [change] : []));
  // Spaces are all that is left.
  return found.length === 0 && before.trim() !== after.trim() ? ["punctuation"] : found;
}

function compareBodies(one: string, other: string): readonly (readonly [Change, boolean])[] {
  const differ = (read: (text: string) => string): boolean => read(one) !== read(other);
  const words = (text: string): string => (text.match(/[\p{L}\d]+/gu) ?? []).join("");
  const isShorter = words(other).length < words(one).length * 0.9;
  const isReworded = differ((text) => words(text).toLowerCase());
  return [
    ["length", isShorter],
    ["wording", isReworded && !isShorter],
    ["case", !isReworded && differ(words)],
    ["emoji", differ((text) => findEmoji(viewText(text)).join(" "))],
    ["lines", differ((text) => String(text.split("\n").length))],
    [
      "punctuation",
      !isReworded && differ((text) => text.replaceAll(/[\p{L}\d\s\p{Extended_Pictographic}\ufe0f]+/gu, "")),
    ],
  ];
}
