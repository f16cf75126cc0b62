import type { Trait } from "./trait.ts";

/** How a message says for whom it is. */
export const addressing: readonly Trait[] = [
  {
    name: "address",
    options: {
      none: { share: 0.45, says: "name nobody at the start" },
      colon: { share: 0.35, says: 'begin with "name:"' },
      comma: { share: 0.15, says: 'begin with "name,"' },
      at: { share: 0.05, says: 'begin with "@name"' },
    },
    pick: ({ address }) => {
      if (address === "") return "none";
      if (address.startsWith("@")) return "at";
      return address.includes(":") ? "colon" : "comma";
    },
  },
  {
    name: "addressSpace",
    when: "where they name somebody",
    options: {
      one: { share: 0.9, says: "put one space after the name" },
      several: { share: 0.07, says: "put two spaces after the name" },
      none: { share: 0.03, says: "put no space after the name" },
    },
    pick: ({ address }) => {
      if (address === "" || address.startsWith("@")) return undefined;
      const spaces = address.length - address.trimEnd().length;
      return spaces === 0 ? "none" : spaces === 1 ? "one" : "several";
    },
  },
  {
    name: "addressCase",
    when: "where they name somebody",
    options: {
      lower: { share: 0.7, says: "write names in lower case" },
      upper: { share: 0.3, says: "write names with a capital" },
    },
    pick: ({ address }) => (address === "" ? undefined : /^@?\p{Lu}/u.test(address) ? "upper" : "lower"),
  },
  {
    name: "nameLast",
    options: {
      yes: { share: 0.03, says: "end with a name" },
      no: { share: 0.97, says: "do not end with a name" },
    },
    pick: ({ body }) => (/[^,], [\w\-[\]\\^{}|]{3,20}[?.!]?$/.test(body) ? "yes" : "no"),
  },
];
