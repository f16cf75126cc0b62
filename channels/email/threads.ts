import { createHash } from "node:crypto";
import type { ChannelState } from "../../src/core/channel.ts";
import { hashChat, parseOwnMessageId } from "./identity.ts";

/** What an answer to one received mail needs. */
export interface ThreadMail {
  /** Its Message-ID, without brackets. */
  readonly id: string;
  /** Where an answer goes: Reply-To, else From. */
  readonly to: string;
  readonly subject: string;
  /** The References of an answer: the chain up to and including this mail. */
  readonly references: readonly string[];
}

/** Remembers mail threads in the channel's state, within bounds: the threads longest unused are forgotten. */
export interface Threads {
  /** The conversation that one of these messages belongs to; the first that is known decides. */
  findChat(messageIds: readonly string[]): Promise<string | undefined>;
  /** The conversation whose `hashChat` this is. */
  findChatByHash(hash: string): Promise<string | undefined>;
  /** A mail that is known already is left as it is: a forged double must not lead answers elsewhere. */
  remember(chat: string, mail: ThreadMail): Promise<void>;
  /** This mail is in that conversation, too; answers do not go to its writer. */
  note(chat: string, messageId: string): Promise<void>;
  /** The last mails received in a conversation, oldest first. */
  read(chat: string): Promise<readonly ThreadMail[]>;
}

const mailsPerThread = 8;
const bucketBytes = 60_000;

export function createThreads(state: ChannelState): Threads {
  const chats = createTable<string>(state, "ids", 128);
  const mails = createTable<readonly ThreadMail[]>(state, "threads", 512);
  return {
    async findChat(messageIds) {
      for (const id of messageIds) {
        // The first known one ends the search, so the others are not read at all.
        const chat = await chats.get(shortHash(id));
        if (chat !== undefined) return chat;
      }
      return undefined;
    },
    findChatByHash: (hash) => chats.get(`chat-${hash}`),
    async remember(chat, mail) {
      const known = (await mails.get(chat)) ?? [];
      if (known.some(({ id }) => id === mail.id)) return;
      await mails.set(chat, [...known, mail].slice(-mailsPerThread));
      await chats.set(shortHash(mail.id), chat);
      if (known.length === 0) await chats.set(`chat-${hashChat(chat)}`, chat);
    },
    note: (chat, messageId) => chats.set(shortHash(messageId), chat),
    async read(chat) {
      return (await mails.get(chat)) ?? [];
    },
  };
}

/** The conversation that a mail with these references belongs to: by our own message ids, or by what was received. */
export async function findKnownChat(
  threads: Threads,
  references: readonly string[],
  ownAddress: string,
): Promise<string | undefined> {
  for (const id of references.slice(-20)) {
    const own = parseOwnMessageId(id, ownAddress);
    const known = own === undefined ? undefined : await threads.findChatByHash(own.chatHash);
    if (known !== undefined) return known;
  }
  return threads.findChat([...new Set([...references.slice(0, 3), ...references.slice(-3)])]);
}

interface Table<T> {
  get(key: string): Promise<T | undefined>;
  set(key: string, value: T): Promise<void>;
}

/** A key-value table within a fixed number of state keys; each holds the entries last set that fit into it. */
function createTable<T>(state: ChannelState, name: string, buckets: number): Table<T> {
  const keyOf = (key: string): string =>
    `${name}:${createHash("sha256").update(key).digest().readUInt16BE(0) % buckets}`;
  const load = async (bucket: string): Promise<[string, T][]> =>
    JSON.parse((await state.get(bucket)) ?? "[]") as [string, T][];
  return {
    async get(key) {
      return (await load(keyOf(key))).find(([known]) => known === key)?.[1];
    },
    async set(key, value) {
      const bucket = keyOf(key);
      const entries = (await load(bucket)).filter(([known]) => known !== key);
      entries.push([key, value]);
      let text = JSON.stringify(entries);
      while (Buffer.byteLength(text) > bucketBytes && entries.length > 1) {
        entries.shift();
        text = JSON.stringify(entries);
      }
      await state.set(bucket, text);
    },
  };
}

function shortHash(messageId: string): string {
  return createHash("sha256").update(messageId).digest("base64url").slice(0, 16);
}
