import { hasPattern, type Trait } from "./trait.ts";

const ending: Trait = {
  name: "ending",
  options: {
    letter: { share: 0.6, says: "end without punctuation" },
    stop: { share: 0.08, says: "end with a full stop" },
    dots: { share: 0.03, says: 'end with "..."' },
    question: { share: 0.15, says: "end with a question mark" },
    exclamation: { share: 0.01, says: "end with an exclamation mark" },
    several: { share: 0.01, says: 'end with several marks, such as "?!"' },
    smiley: { share: 0.04, says: "end with a smiley" },
    other: { share: 0.08, says: "end with another sign" },
  },
  pick: ({ body }) => {
    if (/(?:\.\.+|…)$/.test(body)) return "dots";
    if (/[?!]{2,}$/.test(body)) return "several";
    if (/(?:[:;=]['-]?[)(DPpo/|]|\p{Extended_Pictographic}\ufe0f?)$/u.test(body)) return "smiley";
    if (body.endsWith(".")) return "stop";
    if (body.endsWith("?")) return "question";
    if (body.endsWith("!")) return "exclamation";
    return /\p{L}$/u.test(body) ? "letter" : "other";
  },
};

/** How many dots stand for a pause. */
const dots: Trait = {
  name: "dots",
  options: {
    none: { share: 0.91, says: "have no dots for a pause" },
    two: { share: 0.02, says: 'pause with ".."' },
    three: { share: 0.06, says: 'pause with "..."' },
    more: { share: 0.01, says: 'pause with "...."' },
  },
  pick: ({ body }) => {
    const longest = Math.max(0, ...(body.match(/\.{2,}|…/g) ?? []).map((run) => (run === "…" ? 3 : run.length)));
    return longest === 0 ? "none" : longest === 2 ? "two" : longest === 3 ? "three" : "more";
  },
};

const pauseSpace: Trait = {
  name: "pauseSpace",
  when: "where they pause",
  options: {
    none: { share: 0.4, says: "put no space after dots" },
    one: { share: 0.6, says: "put a space after dots" },
  },
  pick: ({ body }) => {
    const after = /(?:\.{2,}|…)(.)/.exec(body)?.[1];
    return after === undefined ? undefined : after === " " ? "one" : "none";
  },
};

const sentenceSpace: Trait = {
  name: "sentenceSpace",
  when: "where they have several sentences",
  options: {
    one: { share: 0.75, says: "put one space between sentences" },
    several: { share: 0.25, says: "put two spaces between sentences" },
  },
  pick: ({ body }) => {
    const spaces = /[\p{L})][.!?]( +)\p{L}/u.exec(body)?.[1];
    return spaces === undefined ? undefined : spaces.length === 1 ? "one" : "several";
  },
};

/** Signs, and the spaces around them. */
export const punctuation: readonly Trait[] = [
  ending,
  dots,
  pauseSpace,
  sentenceSpace,
  hasPattern("spaceBeforeMark", 0.01, "put a space before ? or !", /\s[?!]/),
  hasPattern("spaceBeforeComma", 0.01, "put a space before a comma", /\w ,/),
  hasPattern("innerStop", 0.08, "have several sentences", /[\p{L})]\. +\S/u),
  hasPattern("comma", 0.2, "have a comma", /\p{L}, \p{L}/u),
  hasPattern("commaNoSpace", 0.01, "put no space after a comma", /\p{L},\p{L}/u),
  hasPattern("exclamation", 0.04, "have an exclamation mark", /\p{L}!/u),
  hasPattern("question", 0.18, "ask something", /\?/),
  hasPattern("hyphen", 0.02, 'have " - " in a sentence', /\S [-–—] \S/),
  hasPattern("dashes", 0.01, 'have "--" in a sentence', /(?:\p{L}|\s)(?:--|—)(?:\s|\p{L})/u),
  hasPattern("semicolon", 0.01, "have a semicolon", /\p{L}; /u),
  hasPattern("colon", 0.02, "have a colon", /\p{L}: \S/u),
  hasPattern("parentheses", 0.04, "have something in parentheses", /\(\p{L}/u),
  hasPattern("doubleQuotes", 0.04, 'have "double quotes"', /["“”]/),
  hasPattern("singleQuotes", 0.01, "have 'single quotes'", /(?:^|\s)['‘]\p{L}/u),
  hasPattern("slash", 0.06, 'have a slash, such as "and/or"', /\p{L}\/\p{L}/u),
  hasPattern("star", 0.01, "stress a word with *stars*", /(?:^|\s)[*_]\p{L}/u),
  hasPattern("digit", 0.2, "have a number", /\d/),
  hasPattern("lineBreak", 0.02, "have more than one line", /\n/),
  hasPattern("blankLine", 0.01, "have a blank line between paragraphs", /\n\n/),
  hasPattern("list", 0.01, "have a list", /^[-*•] \S/m),
];
