import type { Trait } from "./trait.ts";

/** How long a message is, in steps. */
export const length: readonly Trait[] = [
  {
    name: "length",
    options: {
      tiny: { share: 0.1, says: "are shorter than 10 characters" },
      short: { share: 0.15, says: "have 10 to 19 characters" },
      medium: { share: 0.3, says: "have 20 to 39 characters" },
      long: { share: 0.27, says: "have 40 to 79 characters" },
      longer: { share: 0.13, says: "have 80 to 159 characters" },
      longest: { share: 0.05, says: "have 160 characters or more" },
    },
    pick: ({ body: { length: chars } }) => {
      if (chars < 20) return chars < 10 ? "tiny" : "short";
      if (chars < 80) return chars < 40 ? "medium" : "long";
      return chars < 160 ? "longer" : "longest";
    },
  },
  {
    name: "wordLength",
    when: "where they have four words or more",
    options: {
      short: { share: 0.3, says: "have short words" },
      medium: { share: 0.4, says: "have words of middle length" },
      long: { share: 0.3, says: "have long words" },
    },
    pick: ({ words }) => {
      if (words.length < 4) return undefined;
      const mean = words.reduce((sum, word) => sum + word.length, 0) / words.length;
      return mean < 3.8 ? "short" : mean < 4.6 ? "medium" : "long";
    },
  },
];
