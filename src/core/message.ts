/**
 * The words for what travels through Parlance. All of it is plain JSON (no closures, buffers, class instances),
 * so that it survives a queue, a crash and a second process.
 */

/** A place on a channel where messages are exchanged. */
export interface Address {
  /** The configured instance, such as "slack-work"; not the platform. */
  readonly channel: string;
  /** The platform's immutable id of the room, direct chat or mail thread. */
  readonly chat: string;
  readonly thread?: string;
}

/** Somebody who can send messages. Known by an immutable platform id, never by a display name. */
export interface Person {
  /** "<channel>:<immutable platform id>", such as "telegram:42". */
  readonly id: string;
  /** What to call them. Chosen by them, so it identifies nobody. */
  readonly name: string;
  readonly isBot: boolean;
}

/** A file that came with a message or goes out with one. Its bytes lie under the data folder. */
export interface Attachment {
  readonly kind: "image" | "audio" | "video" | "file";
  readonly name: string;
  /** Sniffed from the bytes, not believed from the sender. */
  readonly mimeType: string;
  readonly bytes: number;
  /** Relative to the data folder. */
  readonly path: string;
}

export interface InboundMessage {
  /** Unique within the channel, the same on every redelivery. An edit has an id of its own. */
  readonly id: string;
  readonly address: Address;
  readonly sender: Person;
  /** CommonMark. Untrusted: it was written by somebody outside. */
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** Id of the message that this one answers, as the platform knows it. */
  readonly replyToId?: string;
  /** Does it speak to us: a direct message, a mention, a reply to our message, a command? */
  readonly isAddressed: boolean;
  readonly isGroup: boolean;
  /** Epoch milliseconds. */
  readonly sentAt: number;
  /**
   * "edit": `text` is the new text of `targetId`. "deletion": the sender took `targetId` back; `text` is empty.
   * "reaction": `text` is the emoji put on `targetId`, or empty when it was taken off.
   */
  readonly kind: "message" | "edit" | "deletion" | "reaction" | "command";
  /** The message, theirs or ours, that an edit, deletion or reaction is about, as the platform knows it. */
  readonly targetId?: string;
  /** Mail subject, room name: what heads the conversation, where the platform has such a thing. */
  readonly subject?: string;
  /** The platform says that a machine wrote it (bot flag, mailing list, auto-reply): never answered. */
  readonly isAutomated?: boolean;
  /**
   * The account that we watch sent it itself, with another program: the owner speaks, to the others. Only where the
   * platform vouches for that (a Sent mailbox, a synced device), never for what a header claims.
   */
  readonly isOwn?: boolean;
}

/** Something to press. Pressing it counts as the presser sending `command`. */
export interface Choice {
  readonly label: string;
  /** Such as "/approve 3f9a". */
  readonly command: string;
  readonly style?: "primary" | "danger";
}

export interface OutboundMessage {
  /** Ours, given before the first attempt, the same in every attempt: the idempotency key. */
  readonly id: string;
  readonly address: Address;
  /** CommonMark; each channel's format.ts turns it into what its platform shows. */
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly replyToId?: string;
  readonly choices?: readonly Choice[];
  /** Mail subject, where the platform has one. */
  readonly subject?: string;
}

/** A message that the platform has taken or brought, so that it can be pointed at. */
export interface PlacedMessage {
  /** As the platform knows it; of several parts the first. */
  readonly platformId: string;
  /** Of ours: the id of its outbox row, and in how many parts it went out. Absent: somebody else's. */
  readonly ours?: { readonly outboundId: string; readonly parts: number };
  readonly text: string;
}

/** Key of the conversation that an address belongs to: what is serialised, leased and remembered. */
export function conversationId(address: Address): string {
  const parts = [address.channel, address.chat, ...(address.thread === undefined ? [] : [address.thread])];
  return parts.map((part) => part.replaceAll("%", "%25").replaceAll("/", "%2F")).join("/");
}

/** Inverse of conversationId. Throws nothing; an id with too few parts yields an empty chat. */
export function parseConversationId(id: string): Address {
  const [channel = "", chat = "", thread] = id
    .split("/")
    .map((part) => part.replaceAll("%2F", "/").replaceAll("%25", "%"));
  return thread === undefined ? { channel, chat } : { channel, chat, thread };
}
