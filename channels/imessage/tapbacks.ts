/** Names as BlueBubbles has them, numbers as chat.db has them, and what they look like. */
const tapbacks = [
  { name: "love", code: 2000, emoji: "❤️", alike: /^(?:❤️?|♥️?|😍|🥰|💜|💙|💚|🧡|💛)$/u },
  { name: "like", code: 2001, emoji: "👍", alike: /^👍/u },
  { name: "dislike", code: 2002, emoji: "👎", alike: /^👎/u },
  { name: "laugh", code: 2003, emoji: "😂", alike: /^(?:😂|🤣|😄|😆|😀)$/u },
  { name: "emphasize", code: 2004, emoji: "‼️", alike: /^(?:‼️?|❗️?|❕)$/u },
  { name: "question", code: 2005, emoji: "❓", alike: /^(?:❓️?|❔|⁉️?|🤔)$/u },
] as const;

const emojiCode = 2006;
const removal = 1_000;

export interface Tapback {
  /** Empty when it was taken off. */
  readonly emoji: string;
}

/** Undefined for what is no tapback, such as a sticker. `text` is what old clients show: "Reacted 🔥 to “…”". */
export function parseTapback(type: string, emoji: string | null | undefined, text: string): Tapback | undefined {
  const code = Number(type);
  const isRemoval = type.startsWith("-") || code >= 2_000 + removal;
  const name = type.replace(/^-/, "");
  const plain = code >= 2_000 + removal ? code - removal : code;
  const found = tapbacks.find((each) => each.name === name || each.code === plain);
  if (found !== undefined) return { emoji: isRemoval ? "" : found.emoji };
  if (plain !== emojiCode && name !== "emoji") return undefined;
  if (isRemoval) return { emoji: "" };
  const shown = emoji ?? /^Reacted (\S+) to /u.exec(text)?.[1];
  return shown === undefined ? undefined : { emoji: shown };
}

/** What to ask for: one of the six where it looks alike, else the emoji itself, which macOS 15 and later can do. */
export function formatTapback(emoji: string): { readonly reaction: string; readonly emoji?: string } {
  const found = tapbacks.find(({ alike }) => alike.test(emoji));
  return found === undefined ? { reaction: "emoji", emoji } : { reaction: found.name };
}

/** "p:0/<guid>" and "bp:<guid>" without what is before the GUID. */
export function parseAssociatedGuid(guid: string): string {
  return guid.replace(/^(?:p:\d+\/|bp:)/, "");
}
