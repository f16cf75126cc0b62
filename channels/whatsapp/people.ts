import type { ChannelState } from "../../src/core/channel.ts";
import type { WebhookContact, WebhookMessage } from "./payload.ts";

/**
 * Somebody who takes a username is told by their business-scoped id from then on, and no longer by their number. They
 * stay the same person to us: the number that was once told together with the id counts on.
 */
export interface People {
  /** The message with its sender as we know them. */
  recognise(message: WebhookMessage, contacts: readonly WebhookContact[]): Promise<WebhookMessage>;
}

export function createPeople(state: ChannelState): People {
  /** Pairs that are in the store already. */
  const known = new Map<string, string>();

  async function findNumber(userId: string): Promise<string | undefined> {
    return known.get(userId) ?? (await state.get(`person:${userId}`));
  }

  return {
    async recognise(message, contacts) {
      const contact = contacts.find(({ wa_id: number }) => number !== undefined && number === message.from);
      const userId =
        message.from_user_id ?? contact?.user_id ?? (contacts.length === 1 ? contacts[0]?.user_id : undefined);
      if (userId === undefined) return message;
      const number = await findNumber(userId);
      if (message.from === undefined)
        return { ...message, ...(number === undefined ? { from_user_id: userId } : { from: number }) };
      if (number === undefined) await state.set(`person:${userId}`, message.from);
      if (known.size >= 1_000) known.clear();
      known.set(userId, number ?? message.from);
      return number === undefined ? message : { ...message, from: number };
    },
  };
}
