/*
 * Facts are taken out of a draft before its habits are changed, and put back afterwards, letter by letter the same: code,
 * quotes, addresses, numbers, and names.
 */

const firstMark = 0xe100;
const mostMarks = 0xf8ff - firstMark;

const facts: readonly RegExp[] = [
  /^(?:```|~~~)[^]*?(?:^(?:```|~~~)[ \t]*$|$(?![^]))/gm,
  /`[^`\n]+`/g,
  /^[ \t]*>.*$/gm,
  /"[^"\n]+"|“[^”\n]+”|„[^“”\n]+[“”]|«[^»\n]+»|(?<![\p{L}\d])'[^'\n]+'(?![\p{L}\d])/gu,
  /[a-z][a-z\d+.-]{1,20}:\/\/[^\s]+|\bwww\.[^\s]+/gi,
  /[^\s@]{1,64}@[^\s@]{1,200}/g,
  /(?<!\S)[@#!~/.\\][^\s]+/g,
  // What has a digit, a sign of a path or of a program, or a capital further in, is no plain word.
  /[^\s]*(?:\d|[\p{L}\d][_/\\.:=+][\p{L}\d]|\p{Ll}\p{Lu}|\p{Lu}\p{Lu})[^\s]*/gu,
];

export interface ProtectedText {
  /** The draft, with one character of Unicode's private use in place of each fact. */
  readonly text: string;
  restore(text: string): string;
}

/** Undefined: the draft uses these characters itself, or has too many facts. */
export function protectFacts(draft: string, names: readonly string[] = []): ProtectedText | undefined {
  if (/[\uE000-\uF8FF]/.test(draft)) return undefined;
  const kept: string[] = [];
  const keep = (fact: string): string => {
    kept.push(fact);
    return String.fromCharCode(firstMark + kept.length - 1);
  };
  let text = draft;
  for (const pattern of facts) {
    text = text.replaceAll(pattern, (fact) => {
      if (kept.length >= mostMarks) return fact;
      // The punctuation of the sentence is no part of the fact.
      const end = /[.,!?;:…)\]]*$/.exec(fact)?.[0] ?? "";
      const core = /^[`"“„«']|^[ \t]*>|^~~~/.test(fact) ? fact : fact.slice(0, fact.length - end.length);
      return core === "" ? fact : keep(core) + fact.slice(core.length);
    });
  }
  for (const name of names.filter((each) => each.trim() !== "" && each.length <= 100))
    text = text.replaceAll(name, () => (kept.length >= mostMarks ? name : keep(name)));
  if (kept.length >= mostMarks) return undefined;
  return {
    text,
    restore: (changed) => {
      // A later fact can hold an earlier one.
      let restored = changed;
      for (let index = kept.length - 1; index >= 0; index -= 1)
        restored = restored.replaceAll(String.fromCharCode(firstMark + index), () => kept[index] ?? "");
      return restored;
    },
  };
}
