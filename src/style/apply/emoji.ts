import type { Manner } from "../../core/style.ts";

const rare = 0.02;
const usual = 0.6;
const emoji =
  /[^\S\n]*(?:\p{Extended_Pictographic}(?:\ufe0f|\u200d\p{Extended_Pictographic}|\p{Emoji_Modifier})*|(?<=^|\s)[:;=]-?[)(DP](?=\s|$))/gu;
/** "©" and "™" are pictographs to Unicode, and mean something. */
const meaning = /[©®™‼⁉ℹ↔-↪▪-◾☎☑✔✖➕-➗➡]/u;

/** Takes emoji out for an owner who uses none, adds the usual one where the owner has one nearly always. */
export function applyEmoji(text: string, manner: Manner): string {
  const share = manner.emoji.reduce((most, each) => Math.max(most, each.share), 0);
  const favourite = manner.emoji[0];
  const has = text.search(emoji) >= 0;
  if (share < rare && has) return text.replaceAll(emoji, (found) => (meaning.test(found) ? found : "")).trim() || text;
  if (favourite !== undefined && favourite.share >= usual && !has && !text.includes("\n"))
    return `${text} ${favourite.text}`;
  return text;
}
