import { hasPattern, type Trait } from "./trait.ts";

/** Capital and small letters. */
export const casing: readonly Trait[] = [
  {
    name: "start",
    options: {
      lower: { share: 0.65, says: "begin in lower case" },
      upper: { share: 0.25, says: "begin with a capital" },
      other: { share: 0.1, says: "begin with a sign or a number" },
    },
    pick: ({ body }) => (/^\p{Ll}/u.test(body) ? "lower" : /^\p{Lu}/u.test(body) ? "upper" : "other"),
  },
  {
    name: "i",
    when: "where they speak of themselves",
    options: {
      lower: { share: 0.5, says: 'write "i" in lower case' },
      upper: { share: 0.5, says: 'write "I" as a capital' },
    },
    pick: ({ body }) => {
      if (/(?:^|\s)i(?:['’]\w|[\s,.?!]|$)/.test(body)) return "lower";
      return /(?:^|\s)I(?:['’]\w|[\s,.?!]|$)/.test(body) ? "upper" : undefined;
    },
  },
  {
    name: "sentenceStart",
    when: "where they have several sentences",
    options: {
      lower: { share: 0.4, says: "begin further sentences in lower case" },
      upper: { share: 0.6, says: "begin further sentences with a capital" },
    },
    pick: ({ body }) => {
      const next = /[\p{L})][.!?] +(\p{L})/u.exec(body)?.[1];
      return next === undefined ? undefined : next === next.toLowerCase() ? "lower" : "upper";
    },
  },
  {
    name: "capitals",
    options: {
      none: { share: 0.6, says: "have no capital at all" },
      some: { share: 0.4, says: "have capitals" },
    },
    pick: ({ body }) => (/\p{Lu}/u.test(body) ? "some" : "none"),
  },
  hasPattern("shout", 0.03, "have a word in capitals", /\b\p{Lu}{4,}\b/u),
];
