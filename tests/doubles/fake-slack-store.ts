/** What lies in the workspace: conversations, their messages, files and people. */
export interface FakeSlackMessage {
  readonly ts: string;
  readonly chat: string;
  user?: string;
  bot_id?: string;
  subtype?: string;
  text: string;
  thread_ts?: string;
  blocks?: readonly FakeBlock[];
  attachments?: readonly { readonly blocks?: readonly FakeBlock[] }[];
  metadata?: { readonly event_type: string; readonly event_payload: object };
  files?: readonly FakeSlackFile[];
  edited?: { readonly user: string; readonly ts: string };
  latest_reply?: string;
  reply_count?: number;
}

export interface FakeSlackFile {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly mimetype: string;
  readonly size: number;
  readonly mode: string;
  readonly url_private: string;
  readonly url_private_download: string;
}

/** Any block: read by its type. */
export type FakeBlock = Readonly<Record<string, unknown>> & { readonly type: string };

export interface FakeChat {
  readonly id: string;
  readonly name?: string;
  /** The bot's own membership. */
  isMember: boolean;
  /** In direct chats: with whom. */
  readonly user?: string;
}

export interface FakeSlackStore {
  readonly chats: Map<string, FakeChat>;
  readonly messages: FakeSlackMessage[];
  readonly files: Map<string, { readonly content: Uint8Array; readonly file: FakeSlackFile }>;
  readonly people: Map<string, { readonly name: string; readonly isBot: boolean }>;
  nextTs(): string;
  add(message: Omit<FakeSlackMessage, "ts">): FakeSlackMessage;
  find(chat: string, ts: string): FakeSlackMessage | undefined;
  /** Newest first, as conversations.history has them. */
  history(chat: string): readonly FakeSlackMessage[];
  /** The head first, then the replies, oldest first. */
  replies(chat: string, thread: string): readonly FakeSlackMessage[];
}

export function createFakeSlackStore(): FakeSlackStore {
  const messages: FakeSlackMessage[] = [];
  let last = 0;
  const nextTs = (): string => {
    last = Math.max(last + 1, Date.now() * 1_000);
    return `${Math.floor(last / 1_000_000)}.${String(last % 1_000_000).padStart(6, "0")}`;
  };
  return {
    chats: new Map<string, FakeChat>([
      ["D0ADA", { id: "D0ADA", isMember: true, user: "U0ADA" }],
      ["C0OPS", { id: "C0OPS", name: "ops", isMember: true }],
      ["C0FAR", { id: "C0FAR", name: "far", isMember: false }],
    ]),
    messages,
    files: new Map(),
    people: new Map([
      ["U0ADA", { name: "Ada", isBot: false }],
      ["U0BOB", { name: "Bob", isBot: false }],
    ]),
    nextTs,
    add(message) {
      const added = { ...message, ts: nextTs() };
      messages.push(added);
      const head = messages.find(({ chat, ts }) => chat === added.chat && ts === added.thread_ts);
      if (head !== undefined && head !== added) {
        head.thread_ts = head.ts;
        head.latest_reply = added.ts;
        head.reply_count = (head.reply_count ?? 0) + 1;
      }
      return added;
    },
    find: (chat, ts) => messages.find((each) => each.chat === chat && each.ts === ts),
    history: (chat) =>
      messages
        .filter(
          (each) =>
            each.chat === chat &&
            (each.thread_ts === undefined || each.thread_ts === each.ts || each.subtype === "thread_broadcast"),
        )
        .toReversed(),
    replies: (chat, thread) =>
      messages.filter((each) => each.chat === chat && (each.ts === thread || each.thread_ts === thread)),
  };
}
