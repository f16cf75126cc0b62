/** What suffixes become, where a syllable stands before them; those that end others come after them. */
const second: ReadonlyArray<readonly [string, string]> = [
  ["ational", "ate"],
  ["ization", "ize"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["tional", "tion"],
  ["biliti", "ble"],
  ["ousli", "ous"],
  ["entli", "ent"],
  ["ation", "ate"],
  ["alism", "al"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["alli", "al"],
  ["ator", "ate"],
  ["logi", "log"],
  ["bli", "ble"],
  ["eli", "e"],
];
const third: ReadonlyArray<readonly [string, string]> = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ness", ""],
  ["ful", ""],
];
const fourth = [
  "ement",
  "ance",
  "ence",
  "able",
  "ible",
  "ment",
  "ant",
  "ent",
  "ism",
  "ate",
  "iti",
  "ous",
  "ive",
  "ize",
  "al",
  "er",
  "ic",
  "ou",
];

const consonants = "[^aeiou][^aeiouy]*";
const vowels = "[aeiouy][aeiou]*";
const hasSyllable = new RegExp(`^(?:${consonants})?${vowels}${consonants}`);
const hasOneSyllable = new RegExp(`^(?:${consonants})?${vowels}${consonants}(?:${vowels})?$`);
const hasTwoSyllables = new RegExp(`^(?:${consonants})?${vowels}${consonants}${vowels}${consonants}`);
const hasVowel = new RegExp(`^(?:${consonants})?[aeiouy]`);
const endsShort = new RegExp(`^${consonants}[aeiouy][^aeiouwxy]$`);

/**
 * The stem of a word in small letters: "adoption", "adopted" and "adopting" have the same. M. F. Porter, An algorithm
 * for suffix stripping, Program 14 (1980). Words of other languages lose little by it, and the same in queries as in
 * texts. Words with letters beyond a to z, or digits, stay as they are.
 */
export function stem(word: string): string {
  if (word.length < 3 || word.length > 40 || !/^[a-z]+$/.test(word)) return word;
  if (word.startsWith("y")) return `y${stemBody(`Y${word.slice(1)}`).slice(1)}`;
  return stemBody(word);
}

function stemBody(word: string): string {
  let result = cutEnding(cutPlural(word));
  if (result.length > 2 && result.endsWith("y") && hasVowel.test(result.slice(0, -1)))
    result = `${result.slice(0, -1)}i`;
  if (result.length > 4) result = cutFourth(replaceSuffix(replaceSuffix(result, second), third));
  if (result.endsWith("e")) {
    const before = result.slice(0, -1);
    if (hasTwoSyllables.test(before) || (hasOneSyllable.test(before) && !endsShort.test(before))) result = before;
  }
  return result.endsWith("ll") && hasTwoSyllables.test(result) ? result.slice(0, -1) : result;
}

function cutPlural(word: string): string {
  if (!word.endsWith("s") || word.endsWith("ss")) return word;
  return /.(?:ss|i)es$/.test(word) ? word.slice(0, -2) : word.slice(0, -1);
}

/** "ed", "ing" and "eed", and what must then be mended: "hoping" to "hope", "running" to "run". */
function cutEnding(word: string): string {
  if (word.endsWith("eed")) return hasSyllable.test(word.slice(0, -3)) ? word.slice(0, -1) : word;
  const body = word.endsWith("ed") ? word.slice(0, -2) : word.endsWith("ing") ? word.slice(0, -3) : word;
  if (body === word || body.length < 2 || !hasVowel.test(body)) return word;
  if (/(?:at|bl|iz)$/.test(body)) return `${body}e`;
  if (/([^aeiouylsz])\1$/.test(body)) return body.slice(0, -1);
  return endsShort.test(body) ? `${body}e` : body;
}

/** The longest suffix that is there is the one that counts. */
function replaceSuffix(word: string, replacements: ReadonlyArray<readonly [string, string]>): string {
  for (const [suffix, replacement] of replacements) {
    if (!word.endsWith(suffix)) continue;
    const body = word.slice(0, -suffix.length);
    return hasSyllable.test(body) ? body + replacement : word;
  }
  return word;
}

function cutFourth(word: string): string {
  if (/.[st]ion$/.test(word)) return hasTwoSyllables.test(word.slice(0, -3)) ? word.slice(0, -3) : word;
  const suffix = fourth.find((each) => word.endsWith(each));
  if (suffix === undefined) return word;
  const body = word.slice(0, -suffix.length);
  return hasTwoSyllables.test(body) ? body : word;
}
