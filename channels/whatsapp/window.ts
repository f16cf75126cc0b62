import type { ChannelState } from "../../src/core/channel.ts";

/** For so long after a person's last message anything may be sent; then templates only. */
const openMs = 24 * 3_600_000;

interface LastInbound {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of their last message, for read receipts and the typing sign. */
  readonly id?: string;
}

/** When each chat last wrote to us. Kept in the store: any process may send. */
export interface Windows {
  note(chat: string, at: number, id?: string): Promise<void>;
  lastId(chat: string): Promise<string | undefined>;
  isOpen(chat: string, now: number): Promise<boolean>;
  /**
   * Is this message one that goes out as templates? Decided at its first part, and kept: its later parts must be cut as
   * its first were, even when the person has written in between.
   */
  decideTemplate(chat: string, outboundId: string, isBegun: boolean, now: number): Promise<boolean>;
}

export function createWindows(state: ChannelState): Windows {
  async function load(chat: string): Promise<LastInbound | undefined> {
    const stored = await state.get(`last:${chat}`);
    return stored === undefined ? undefined : (JSON.parse(stored) as LastInbound);
  }

  async function isOpen(chat: string, now: number): Promise<boolean> {
    const last = await load(chat);
    return last !== undefined && now - last.at < openMs;
  }

  return {
    isOpen,
    async note(chat, at, id) {
      const known = await load(chat);
      if (known !== undefined && at < known.at) return;
      const lastId = id ?? known?.id;
      await state.set(`last:${chat}`, JSON.stringify({ at, ...(lastId === undefined ? {} : { id: lastId }) }));
    },
    lastId: async (chat) => (await load(chat))?.id,
    async decideTemplate(chat, outboundId, isBegun, now) {
      const key = `reopened:${chat}`;
      const reopened = await state.get(key);
      if (isBegun) return reopened === outboundId;
      if (await isOpen(chat, now)) {
        if (reopened === outboundId) await state.set(key, "");
        return false;
      }
      if (reopened !== outboundId) await state.set(key, outboundId);
      return true;
    },
  };
}
