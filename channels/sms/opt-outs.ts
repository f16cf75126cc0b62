import type { ChannelState } from "../../src/core/channel.ts";

/** What Twilio and the carriers listen to: https://help.twilio.com/articles/223134027 */
const stopWords = new Set(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]);
const startWords = new Set(["START", "UNSTOP"]);
const helpWords = new Set(["HELP", "INFO"]);

export type Keyword = "stop" | "start" | "help";

/**
 * Only a message that is nothing but the word counts. `type` is what Twilio made of it where the account has Advanced
 * Opt-Out, with words of its own.
 */
export function parseKeyword(text: string, type?: string): Keyword | undefined {
  if (type === "STOP" || type === "START" || type === "HELP") return type.toLowerCase() as Keyword;
  const word = text.trim().toUpperCase();
  if (stopWords.has(word)) return "stop";
  if (startWords.has(word)) return "start";
  return helpWords.has(word) ? "help" : undefined;
}

/** Who wants nothing from us. Kept in the store, so that it outlives everything. */
export interface OptOuts {
  has(chat: string): Promise<boolean>;
  /** A repeated or late word changes nothing: the latest counts. */
  note(chat: string, isOut: boolean, at: number): Promise<void>;
}

export function createOptOuts(state: ChannelState): OptOuts {
  const load = async (chat: string): Promise<{ readonly isOut: boolean; readonly at: number }> =>
    JSON.parse((await state.get(`optout:${chat}`)) ?? '{"isOut":false,"at":0}') as { isOut: boolean; at: number };
  return {
    has: async (chat) => (await load(chat)).isOut,
    async note(chat, isOut, at) {
      const known = await load(chat);
      if (at > known.at) await state.set(`optout:${chat}`, JSON.stringify({ isOut, at }));
    },
  };
}
