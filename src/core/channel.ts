import type { Readable } from "node:stream";
import type { Logger } from "./log.ts";
import type { Address, Attachment, InboundMessage, OutboundMessage, Person } from "./message.ts";

/** What a platform can do. Unsupported means absent: the adapter lacks the method and the trait says so. */
export interface ChannelTraits {
  readonly threads: boolean;
  readonly buttons: boolean;
  readonly edits: boolean;
  readonly files: boolean;
  readonly reactions: boolean;
  readonly typing: boolean;
  /** Does it offer our commands natively, by a menu or slash commands? */
  readonly commands: boolean;
  /** Do people's edits and deletions of their own messages reach us? */
  readonly revisions: boolean;
  /** Can we write first to somebody, by `openDirect`? */
  readonly direct: boolean;
  /** Is what was written while we were away read afterwards: delivered again by the platform, or looked up by us? */
  readonly catchesUp: boolean;
  /** Least pause between two edits of a reply that grows while it is written. Absent: replies arrive whole. */
  readonly streamsEveryMs?: number;
  /** In UTF-16 code units unless the platform's README says otherwise; Infinity where there is no limit. */
  readonly maxTextLength: number;
  /** Does the platform deliver again what we did not acknowledge? */
  readonly redelivers: boolean;
  /**
   * What happens to a send whose outcome is unknown.
   * "idempotent": sending again is harmless, the platform drops the double by our id.
   * "probe": `reconcile` can find out. "none": nobody can tell; a person is asked (`onUncertain`).
   */
  readonly reconciles: "idempotent" | "probe" | "none";
  /** Can a process that has not started this channel send on it (plain HTTP APIs), or only the one that holds the connection? */
  readonly sendsFrom: "anywhere" | "connection";
}

export type ReceiveOutcome = "accepted" | "duplicate" | "refused" | "ignored";

/** Where an adapter hands over what it received. */
export interface ChannelSink {
  /**
   * Resolves once the message is committed (or known, refused, or ignored): only then may the adapter acknowledge
   * it to the platform. Rejects when nothing was stored: do not acknowledge, the platform shall deliver it again.
   */
  receive(message: InboundMessage): Promise<ReceiveOutcome>;
  /** Tells the state of the connection whenever it changes. */
  health(health: ChannelHealth): void;
  /** Passes on what the platform says later of a message of ours. Resolves once it is stored; repeats do no harm. */
  delivery(report: DeliveryReport): Promise<void>;
}

/** What a platform tells of a message of ours after it has taken it (status callbacks, receipts). */
export interface DeliveryReport {
  /** Ours: give it to the platform with the send (callback address, opaque data), so that it comes back. */
  readonly outboundId: string;
  readonly state: "delivered" | "read" | "failed";
  /** In plain words, for "failed". */
  readonly reason?: string;
}

export type ChannelHealth =
  | { readonly state: "up" }
  | { readonly state: "connecting"; readonly reason: string }
  | { readonly state: "down"; readonly reason: string };

/** One delivery of an outbound message; a long text goes out in several parts. */
export interface SendContext {
  readonly signal: AbortSignal;
  /** Platform ids of the parts that went out in earlier attempts: go on behind them, never from the start. */
  readonly sentParts: readonly string[];
  /**
   * Records a part as sent, durably, and in the same transaction what the channel notes in its state. Await it before
   * sending the next part.
   */
  recordPart(platformId: string, notes?: ChannelNotes): Promise<void>;
  /**
   * Makes sure that no other process has taken the message over, as one may when this one stood still for long; rejects
   * where one has. For an adapter that noted itself what is about to leave: await it between that and the leaving.
   */
  confirm(): Promise<void>;
  /** What `reconcileHint` said before the attempt; only set in `reconcile`. */
  readonly hint?: string;
}

/** Values for the channel's own state, by key. */
export type ChannelNotes = Readonly<Record<string, string>>;

/** What became of a part whose outcome was unknown. */
export type Reconciliation =
  /** The caller records it, with the notes. */
  | { readonly state: "arrived"; readonly platformId: string; readonly notes?: ChannelNotes }
  /** It did not arrive, or no part is left in doubt: `send` may go on. */
  | { readonly state: "absent" }
  | { readonly state: "unknown"; readonly reason: string };

export interface Channel {
  readonly traits: ChannelTraits;
  /**
   * Receives until the signal aborts. Resolves when it has stopped, within 5 s of the abort. Connection losses are
   * not errors: the adapter reconnects with backoff and tells `sink.health`. Rejects with an AppError only for what
   * waiting cannot mend, such as a bad token.
   */
  start(sink: ChannelSink, signal: AbortSignal): Promise<void>;
  /**
   * Sends all parts not yet sent; resolves with the platform ids of every part, the earlier ones included.
   * Throws AppError: "send-rejected" (for good), "unreachable" or "rate-limited" with retryAfterMs (certainly not
   * sent: the failing part may be tried again), "send-uncertain" (cut off in flight: it may have arrived).
   */
  send(message: OutboundMessage, context: SendContext): Promise<readonly string[]>;
  /** A note stored before the attempt, for `reconcile` to read after a crash. Pure and quick. */
  reconcileHint?(message: OutboundMessage): string;
  /**
   * Finds out whether the first part not in `sentParts` arrived. Present when traits.reconciles is "probe"; with "none",
   * where the adapter at least knows that a part had not begun to leave.
   */
  reconcile?(message: OutboundMessage, context: SendContext): Promise<Reconciliation>;
  /** Answers the platform's HTTP call. Checks the signature first, in constant time, before any other work. */
  webhook?(request: Request): Promise<Response>;
  /**
   * Makes a message of ours show the first part of this one: the part that `send` would send first. Present exactly
   * when traits.edits. Editing to what it shows already is no error. Throws AppError "not-found" when it is gone,
   * "rate-limited" or "unreachable" with retryAfterMs, "send-rejected" for good.
   */
  edit?(message: OutboundMessage, platformId: string, signal: AbortSignal): Promise<void>;
  /** Shows the typing sign once (platforms let it fade). May fail silently. Present exactly when traits.typing. */
  typing?(address: Address, signal: AbortSignal): Promise<void>;
  /** Present exactly when traits.reactions. */
  react?(address: Address, platformId: string, emoji: string, signal: AbortSignal): Promise<void>;
  /** Shows the text so far of a message still being written (same id). A lost preview harms nothing. Never throws. */
  preview?(message: OutboundMessage): void;
  /** Answers a signed-in person's HTTP call under /chat/<name>/. For channels that have a page of ours. */
  handle?(request: Request, person: Person): Promise<Response>;
  /** Takes over a signed-in person's WebSocket, opened at /chat/<name>/socket. */
  socket?(connection: SocketConnection): void;
  /**
   * Looks for an answer to this message that the owner has sent with another program; asked before an answer of ours
   * leaves. Undefined: there is none. Throws AppError with retryAfterMs when it cannot be told now.
   */
  findOwnAnswer?(message: InboundMessage, signal: AbortSignal): Promise<InboundMessage | undefined>;
  /**
   * Puts a draft where the owner's own program shows drafts, in its thread, in place of an earlier one of the same id;
   * undefined takes it away. Doing so twice is the same as once.
   */
  saveDraft?(id: string, message: OutboundMessage | undefined, signal: AbortSignal): Promise<void>;
  /** The address of a direct chat with a person of this channel. Present exactly when traits.direct. */
  openDirect?(personId: string): Promise<Address>;
  /**
   * Lets a person verify this device (Matrix): asks in plain text through `ask`, tells through `tell`. Resolves when it
   * is done; throws AppError "aborted" when it was given up.
   */
  verify?(dialogue: Dialogue, signal: AbortSignal): Promise<void>;
}

/** A talk with whoever sits at the terminal. */
export interface Dialogue {
  tell(line: string): void;
  /** Resolves with the trimmed answer. */
  ask(question: string): Promise<string>;
}

/** What goes to the terminal of a dialogue; answers come back as plain text. "end" with a problem did not end well. */
export type DialogueFrame =
  | { readonly type: "tell" | "ask"; readonly text: string }
  | { readonly type: "end"; readonly problem?: string };

/** One thing that `parlance channels add` asks for. */
export interface SetupQuestion {
  /** Where the answer goes in the channel's options, such as "token" or "imap.host". */
  readonly key: string;
  /** Without a question mark: "Bot token". */
  readonly label: string;
  /** Where to find it, in a sentence or two. */
  readonly help?: string;
  /** A secret is typed unseen and kept as a reference to an environment variable, such as SLACK_BOT_TOKEN. */
  readonly secretName?: string;
  readonly default?: string;
  readonly isOptional?: boolean;
  /** What the answer becomes in the configuration; text by default. */
  readonly kind?: "text" | "number" | "boolean" | "list";
}

/** Each platform folder's setup.ts exports `setup` of this shape. Loads no SDK before `check`. */
export interface ChannelSetup {
  /** What to do on the platform first, step by step: CommonMark, short. */
  readonly steps: string;
  readonly questions: readonly SetupQuestion[];
  /**
   * Tries the answers on the platform without changing anything there; resolves with who we are, in a few words
   * ("@helper_bot in Example Inc."). Throws AppError that says what is wrong with which answer.
   */
  check(options: unknown, signal: AbortSignal): Promise<string>;
}

/** A WebSocket after the upgrade and the sign-in, free of any library's types. Frames are text. */
export interface SocketConnection {
  readonly person: Person;
  send(frame: string): void;
  /** Bytes accepted by `send` that the network has not taken yet. */
  bufferedBytes(): number;
  onFrame(listener: (frame: string) => void): void;
  onClose(listener: () => void): void;
  close(code: number, reason: string): void;
}

/** One line of a conversation as people see it. */
export interface TranscriptEntry {
  /** The inbound message's id or the outbound message's id. */
  readonly id: string;
  readonly direction: "in" | "out";
  readonly senderName: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly choices?: readonly {
    readonly label: string;
    readonly command: string;
    readonly style?: "primary" | "danger";
  }[];
  readonly at: number;
}

/** What was said on one channel, for pages that show it. Unread mail is included. */
export interface Transcript {
  /** Conversations whose chat id starts with `chatPrefix`, latest first. */
  list(
    chatPrefix: string,
    limit: number,
  ): Promise<readonly { readonly chat: string; readonly title: string; readonly updatedAt: number }[]>;
  /** The last `limit` entries before `beforeAt` (exclusive; absent: now), oldest first. */
  read(
    chat: string,
    options: { readonly limit: number; readonly beforeAt?: number },
  ): Promise<readonly TranscriptEntry[]>;
}

/** Durable key-value state of one channel (cursors, offsets, sync tokens). Values are strings of at most 64 KiB. */
export interface ChannelState {
  get(key: string): Promise<string | undefined>;
  /** Resolves once committed. */
  set(key: string, value: string): Promise<void>;
}

/** Files under the data folder. */
export interface FileStore {
  /**
   * Streams to disk, sniffs the type and enforces the size cap while reading.
   * Throws AppError "too-large" with nothing kept.
   */
  save(
    stream: Readable | AsyncIterable<Uint8Array>,
    meta: { readonly name: string; readonly mimeType?: string },
  ): Promise<Attachment>;
  /** Throws AppError "not-found". */
  open(attachment: Attachment): Readable;
}

/** What every adapter is given. `Options` is the channel's validated configuration. */
export interface ChannelContext<Options = unknown> {
  /** Name of the configured instance. */
  readonly name: string;
  readonly options: Options;
  readonly log: Logger;
  readonly state: ChannelState;
  readonly files: FileStore;
  readonly transcript: Transcript;
  /** What can be written after a slash, for menus and slash commands. */
  readonly commands: readonly ChatCommand[];
  /**
   * Does the channel only listen now? The mode may change while it runs. Then an adapter does nothing of its own that
   * anybody could see: no receipts, no signs, no menus, no presence, no words with an acknowledgement.
   */
  readonly isListening: () => boolean;
  /** Under which this channel's hook is reached from outside, such as "https://parlance.example.org/hooks/sms". */
  readonly hookUrl?: string;
  /** Epoch milliseconds; the clock is an argument so that tests own it. */
  readonly now: () => number;
}

/** A command of the chat, as menus show it. */
export interface ChatCommand {
  /** Without the slash; lower case letters and digits. */
  readonly name: string;
  readonly summary: string;
  /** What may follow, such as "CODE" or "[name|auto]"; empty when nothing does. */
  readonly argument: string;
}

/** Each platform folder's index.ts exports `createChannel` of this shape. Connects to nothing until `start`. */
export type CreateChannel<Options = unknown> = (context: ChannelContext<Options>) => Channel;
