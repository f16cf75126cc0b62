import type { OwnMessage } from "../../src/core/style.ts";

const day = 24 * 60 * 60 * 1000;
const start = Date.UTC(2026, 0, 1);

/** Messages of somebody, one a day, the last text newest. */
export function writeMessages(
  texts: readonly string[],
  count = 60,
  more: Partial<OwnMessage> = {},
): readonly OwnMessage[] {
  return Array.from({ length: count }, (_, index) => ({
    text: texts[index % texts.length] ?? "",
    at: start + index * day,
    ...more,
  }));
}

/** Small letters, no stops, contractions without apostrophes. */
export const hasty: readonly string[] = [
  "kim: no idea, i dont use that",
  "yeah it works here",
  "i think its the cable :)",
  "lol thats funny",
  "kim: try again later, should be fine",
  "cant say, im not at home",
  "what version do u have?",
  "dunno... maybe ask anna",
  "isnt it in the settings?",
  "k thx",
];

/** Capitals, stops, full forms. */
export const careful: readonly string[] = [
  "I do not know. Please ask Anna about it.",
  "Yes, that is correct.",
  "It is in the second drawer. I have put it there myself.",
  "Thank you for the quick answer.",
  "I will be there at eight; the others come later.",
  "That is not what I meant. Could you look again?",
  "We are not in a hurry.",
  "No, I have not read it yet.",
];

/** Mails with a greeting and a sign-off. */
export const mails: readonly string[] = [
  "Hi Anna,\n\nI've put the files into the folder.\n\nCheers,\nKim",
  "Hi Bob,\n\ncould you look at the second page? I don't understand it.\n\nCheers,\nKim",
  "Hi Carla,\n\nthat's fine with me, let's do it on Monday.\n\nCheers,\nKim",
];
