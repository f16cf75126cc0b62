/** What the fake's HTTP API and gateway both know: people, places, messages. Shapes are those of the documentation. */

export interface FakeUser {
  readonly id: string;
  readonly username: string;
  readonly discriminator: string;
  readonly global_name: string | null;
  readonly avatar: null;
  readonly bot?: boolean;
  readonly public_flags: number;
  readonly flags: number;
  readonly primary_guild: null;
}

export interface FakeChannel {
  readonly id: string;
  readonly type: number;
  readonly flags: number;
  readonly guild_id?: string;
  readonly name?: string;
  readonly parent_id?: string | null;
  readonly recipients?: readonly FakeUser[];
  readonly [key: string]: unknown;
  last_message_id: string | null;
}

export interface FakeAttachment {
  readonly id: string;
  readonly filename: string;
  readonly size: number;
  readonly url: string;
  readonly proxy_url: string;
  readonly content_type?: string;
}

export interface FakeMessage {
  readonly id: string;
  readonly channel_id: string;
  readonly author: FakeUser;
  readonly timestamp: string;
  readonly type: number;
  readonly mentions: readonly FakeUser[];
  readonly mention_roles: readonly string[];
  readonly [key: string]: unknown;
  content: string;
  edited_timestamp: string | null;
  attachments: readonly FakeAttachment[];
  components: readonly { readonly components: readonly { readonly label: string; readonly custom_id: string }[] }[];
  flags: number;
}

export interface FakeWorld {
  readonly bot: FakeUser;
  readonly applicationId: string;
  readonly guildId: string;
  readonly roleId: string;
  readonly ada: FakeUser;
  readonly general: string;
  readonly thread: string;
  readonly direct: string;
  readonly users: Map<string, FakeUser>;
  readonly channels: Map<string, FakeChannel>;
  /** By channel, in order. */
  readonly messages: Map<string, FakeMessage[]>;
  /** Contents of files by the path of their address. */
  readonly files: Map<string, Uint8Array>;
  nextId(): string;
  createUser(name: string, extra?: Partial<FakeUser>): FakeUser;
  /** A direct chat with this person. Gives its id. */
  addDirect(user: FakeUser): string;
  addMessage(message: Pick<FakeMessage, "channel_id" | "author"> & Partial<FakeMessage>): FakeMessage;
  findMessage(channelId: string, id: string): FakeMessage | undefined;
}

const epochMs = 1_420_070_400_000n;

export function createWorld(): FakeWorld {
  let count = 0n;
  const users = new Map<string, FakeUser>();
  const channels = new Map<string, FakeChannel>();
  const messages = new Map<string, FakeMessage[]>();
  const files = new Map<string, Uint8Array>();

  /** Grows even within a millisecond. */
  function nextId(): string {
    count += 1n;
    return String(((BigInt(Date.now()) - epochMs) << 22n) + (count & 0x3fffffn));
  }

  function createUser(name: string, extra: Partial<FakeUser> = {}): FakeUser {
    const user: FakeUser = {
      id: nextId(),
      username: name.toLowerCase(),
      discriminator: "0",
      global_name: name,
      avatar: null,
      public_flags: 0,
      flags: 0,
      primary_guild: null,
      ...extra,
    };
    users.set(user.id, user);
    return user;
  }

  function addChannel(channel: { readonly id: string } & Record<string, unknown>): string {
    channels.set(channel.id, { type: 0, ...channel, flags: 0, last_message_id: null });
    messages.set(channel.id, []);
    return channel.id;
  }

  const applicationId = nextId();
  const guildId = nextId();
  const roleId = nextId();
  const bot = createUser("Parlance", { bot: true, global_name: null });
  const ada = createUser("Ada");
  const general = addChannel({
    id: nextId(),
    type: 0,
    guild_id: guildId,
    name: "general",
    position: 0,
    parent_id: null,
    topic: null,
    nsfw: false,
    permission_overwrites: [],
  });
  const thread = addChannel({
    id: nextId(),
    type: 11,
    guild_id: guildId,
    name: "a thread",
    parent_id: general,
    owner_id: ada.id,
    thread_metadata: {
      archived: false,
      auto_archive_duration: 1_440,
      archive_timestamp: new Date().toISOString(),
      locked: false,
    },
    message_count: 0,
    member_count: 1,
    total_message_sent: 0,
  });
  const addDirect = (user: FakeUser): string => addChannel({ id: nextId(), type: 1, recipients: [user] });
  const direct = addDirect(ada);

  return {
    bot,
    applicationId,
    guildId,
    roleId,
    ada,
    general,
    thread,
    direct,
    users,
    channels,
    messages,
    files,
    nextId,
    createUser,
    addDirect,
    addMessage(fields) {
      const message: FakeMessage = {
        id: nextId(),
        content: "",
        timestamp: new Date().toISOString(),
        edited_timestamp: null,
        tts: false,
        mention_everyone: false,
        mentions: [],
        mention_roles: [],
        attachments: [],
        embeds: [],
        components: [],
        pinned: false,
        flags: 0,
        type: 0,
        ...fields,
      };
      const channel = channels.get(message.channel_id);
      if (channel === undefined) throw new Error(`There is no channel ${message.channel_id}.`);
      messages.get(message.channel_id)?.push(message);
      channel.last_message_id = message.id;
      return message;
    },
    findMessage: (channelId, id) => messages.get(channelId)?.find((message) => message.id === id),
  };
}
