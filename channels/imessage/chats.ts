import type { ChannelState } from "../../src/core/channel.ts";
import { formatChatGuid, parseChatGuid } from "./chat-id.ts";

/** The GUIDs by which this Mac knows its chats: they change with macOS, our ids do not. */
export interface Chats {
  note(guid: string): Promise<void>;
  /** The last GUID seen of the chat; else one made with the Mac's prefix. */
  guid(chat: string): Promise<string>;
  /** Was this chat seen on this Mac? */
  has(chat: string): Promise<boolean>;
  /** What GUIDs begin with on this Mac: "any" from macOS 26 on. */
  setService(service: string): Promise<void>;
}

const maxKept = 1_000;

export function createChats(state: ChannelState): Chats {
  const known = new Map<string, string>();

  async function find(chat: string): Promise<string | undefined> {
    return known.get(chat) ?? (await state.get(`guid:${chat}`));
  }

  return {
    async note(guid) {
      const chat = parseChatGuid(guid)?.chat;
      if (chat === undefined || (await find(chat)) === guid) return;
      await state.set(`guid:${chat}`, guid);
      known.delete(chat);
      known.set(chat, guid);
      const [oldest] = known.keys();
      if (known.size > maxKept && oldest !== undefined) known.delete(oldest);
    },
    guid: async (chat) => (await find(chat)) ?? formatChatGuid(chat, (await state.get("service")) ?? "iMessage"),
    has: async (chat) => (await find(chat)) !== undefined,
    async setService(service) {
      if ((await state.get("service")) !== service) await state.set("service", service);
    },
  };
}
