import type { ChannelNotes, ChannelState } from "../../src/core/channel.ts";
import type { TeamsActivity } from "./activity.ts";
import { parsePlace } from "./place.ts";

/** What has to be known for writing into a conversation: the parts of a "conversation reference" that do not change by message. */
export interface Reference {
  readonly serviceUrl: string;
  readonly tenantId?: string;
  /** "personal", "groupChat" or "channel". */
  readonly type?: string;
  /** Who we are there. */
  readonly botId: string;
}

/** What is known of a person: where to reach them. */
export interface Acquaintance extends Reference {
  /** Their direct chat with us. */
  readonly chat?: string;
}

export interface References {
  /** Keeps where an activity came from. Resolves once it is stored. */
  note(activity: TeamsActivity): Promise<void>;
  /** How to reach a chat. Undefined when nothing has ever come from there. */
  ofChat(chat: string): Promise<Reference | undefined>;
  ofPerson(id: string): Promise<Acquaintance | undefined>;
  /** The last place from which anything came, for people never seen. */
  last(): Promise<Reference | undefined>;
  keepDirect(id: string, chat: string, reference: Reference): Promise<void>;
}

const maxRemembered = 2_000;

export function createReferences(state: ChannelState): References {
  /** What was written last, so that each message does not write it again. */
  const written = new Map<string, string>();

  async function keep(notes: ChannelNotes): Promise<void> {
    for (const [key, value] of Object.entries(notes)) {
      if (written.get(key) === value) continue;
      // After a restart nothing is remembered, but most of it is stored.
      if ((await state.get(key)) !== value) await state.set(key, value);
      if (written.size >= maxRemembered) written.clear();
      written.set(key, value);
    }
  }

  async function read<T>(key: string): Promise<T | undefined> {
    const value = written.get(key) ?? (await state.get(key));
    return value === undefined ? undefined : (JSON.parse(value) as T);
  }

  async function notePerson(id: string, seen: Acquaintance): Promise<void> {
    const known = await read<Acquaintance>(`person:${id}`);
    // Seen in a group, they still have the direct chat that they had.
    const chat = seen.chat ?? known?.chat;
    await keep({ [`person:${id}`]: JSON.stringify({ ...seen, ...(chat === undefined ? {} : { chat }) }) });
  }

  return {
    async note(activity) {
      const { chat } = parsePlace(activity.conversation.id, "");
      const reference = pickReference(activity);
      await keep({ [`chat:${chat}`]: JSON.stringify(reference), last: JSON.stringify(reference) });
      if (!activity.from.id.startsWith("28:"))
        await notePerson(activity.from.id, reference.type === "personal" ? { ...reference, chat } : reference);
    },
    ofChat: (chat) => read(`chat:${chat}`),
    ofPerson: (id) => read(`person:${id}`),
    last: () => read("last"),
    async keepDirect(id, chat, reference) {
      const direct = { ...reference, type: "personal" };
      await keep({ [`chat:${chat}`]: JSON.stringify(direct) });
      await notePerson(id, { ...direct, chat });
    },
  };
}

function pickReference({ serviceUrl, conversation, channelData, recipient }: TeamsActivity): Reference {
  const tenantId = conversation.tenantId ?? channelData?.tenant?.id;
  const type = conversation.conversationType ?? (conversation.isGroup === true ? "groupChat" : "personal");
  return { serviceUrl, ...(tenantId == null ? {} : { tenantId }), type, botId: recipient.id };
}
