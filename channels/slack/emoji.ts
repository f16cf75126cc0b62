import { emojiNames } from "./emoji-names.ts";

/** Light to dark, as Slack's "skin-tone-2" to "skin-tone-6" say it. */
const tones = ["🏻", "🏼", "🏽", "🏾", "🏿"];
const variation = "\uFE0F";

/** The emoji behind "thumbsup", "+1" or "wave::skin-tone-3"; undefined for the workspace's own ones. */
export function parseEmoji(name: string): string | undefined {
  const [base = "", tone] = name.split("::");
  const [, found] = new RegExp(`(?:^|[|,\\n])${escapeRegExp(base)}(?:,[^ |]*)? ([^|]+)\\|`).exec(emojiNames) ?? [];
  const modifier = tones[Number(/^skin-tone-(\d)$/.exec(tone ?? "")?.[1]) - 2];
  if (found === undefined || modifier === undefined) return found;
  const [first = "", ...rest] = found;
  return first + modifier + rest.join("").replace(new RegExp(`^${variation}`), "");
}

/** Slack's name of an emoji; undefined when it has none. ":name:", as Slack writes it, is a name already. */
export function formatEmoji(emoji: string): string | undefined {
  const [, named] = /^:([^:\s]+(?:::skin-tone-\d)?):$/.exec(emoji) ?? [];
  if (named !== undefined) return named;
  const tone = tones.findIndex((each) => emoji.includes(each));
  const plain = emoji.replaceAll(new RegExp(tones.join("|"), "gu"), "").replaceAll(variation, "");
  const end = emojiNames.replaceAll(variation, "").split(` ${plain}|`);
  if (plain === "" || end.length < 2) return undefined;
  const name = /([^|\n]+)$/.exec(end[0] ?? "")?.[1]?.split(",")[0];
  return name === undefined || tone === -1 ? name : `${name}::skin-tone-${tone + 2}`;
}

/** ":tada:" in a text becomes 🎉; what has no emoji stays. */
export function replaceEmojiNames(text: string): string {
  return text.replaceAll(
    /:([a-z0-9+_'-]+(?:::skin-tone-\d)?):/g,
    (whole: string, name: string) => parseEmoji(name) ?? whole,
  );
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
