import type { Channel } from "../../core/channel.ts";
import { AppError } from "../../core/errors.ts";
import type { PlacedMessage } from "../../core/message.ts";

export interface PlacedMessagesOptions {
  /** The latest messages of a conversation that the platform knows, the latest first; commands and cards left out. */
  readonly recentMessages: (conversation: string, limit: number) => Promise<readonly PlacedMessage[]>;
  /** A running channel of this process, by its name. */
  readonly channel: (name: string) => Pick<Channel, "traits" | "edit" | "react"> | undefined;
}

const maxLookedAt = 50;

/** The one message that is meant by words of it. Throws AppError "not-found", or "conflict" when several may be meant. */
export async function findMessage(
  { recentMessages }: PlacedMessagesOptions,
  conversation: string,
  words: string,
  isMeant: (message: PlacedMessage) => boolean = () => true,
): Promise<PlacedMessage> {
  const all = (await recentMessages(conversation, maxLookedAt)).filter(isMeant);
  const found = all.filter(({ text }) => normalise(text).includes(normalise(words)));
  const exact = found.filter(({ text }) => normalise(text) === normalise(words));
  const [one, ...more] = exact.length === 1 ? exact : found;
  if (one === undefined)
    throw new AppError("not-found", "No message of late has these words.", {
      hint: "Give its beginning, word for word.",
    });
  if (more.length > 0)
    throw new AppError("conflict", "Several messages of late have these words.", { hint: "Give more of its words." });
  return one;
}

function normalise(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().toLowerCase();
}
