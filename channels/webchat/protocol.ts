/*
 * The frames between the page and the channel: JSON text over one WebSocket. Shared by both sides, so nothing here
 * touches Node or the DOM.
 *
 * A `chat` is named by a UUID that the page makes up. On our side it lives below the signed-in person
 * (see chat-id.ts), so there is no frame by which one person could name another person's chat.
 */

export const maxFrameChars = 256 * 1024;
export const maxTextChars = 64_000;
export const maxAttachments = 10;
export const maxPageEntries = 200;

export interface WireAttachment {
  /** Signed for the person: the last part of its address under `/chat/<channel>/files/`. */
  readonly id: string;
  readonly kind: "image" | "audio" | "video" | "file";
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: number;
}

export interface WireChoice {
  readonly label: string;
  readonly command: string;
  readonly style?: "primary" | "danger";
}

export interface WireEntry {
  readonly id: string;
  readonly direction: "in" | "out";
  readonly senderName: string;
  /** CommonMark. */
  readonly text: string;
  readonly attachments: readonly WireAttachment[];
  readonly choices?: readonly WireChoice[];
  readonly at: number;
}

export interface WireChat {
  readonly chat: string;
  readonly title: string;
  readonly updatedAt: number;
}

/** The text so far of an answer still being written. */
export interface WirePreview {
  readonly id: string;
  readonly text: string;
}

export type ClientFrame =
  /** Follows this chat from now on (and no other), or none; answered by `chats` and, with a chat, `snapshot`. */
  | { readonly type: "open"; readonly chat?: string; readonly limit: number }
  /** Asks for entries before a time; answered by `earlier`. */
  | {
      readonly type: "earlier";
      readonly chat: string;
      readonly beforeAt: number;
      readonly limit: number;
    }
  /** Answered by `ack` once it is committed. Send it again, with the same id, until then. */
  | {
      readonly type: "message";
      readonly id: string;
      readonly chat: string;
      readonly text: string;
      readonly attachments: readonly string[];
    }
  | { readonly type: "stop"; readonly chat: string }
  | { readonly type: "ping" };

export type AckOutcome = "accepted" | "duplicate" | "refused" | "ignored";

export type ServerFrame =
  | { readonly type: "ack"; readonly id: string; readonly outcome: AckOutcome }
  | {
      readonly type: "snapshot";
      readonly chat: string;
      /** Oldest first. */
      readonly entries: readonly WireEntry[];
      readonly isWorking: boolean;
      readonly hasEarlier: boolean;
      readonly preview?: WirePreview;
    }
  | {
      readonly type: "earlier";
      readonly chat: string;
      readonly entries: readonly WireEntry[];
      readonly hasEarlier: boolean;
    }
  /** A new entry, or a known one with new text. */
  | { readonly type: "entry"; readonly chat: string; readonly entry: WireEntry }
  /** Replaces everything from character `from` on. Lost ones show as `from` beyond the text known: wait for the entry. */
  | {
      readonly type: "preview";
      readonly chat: string;
      readonly id: string;
      readonly from: number;
      readonly text: string;
    }
  /** Off: nobody is at work; what was written of an answer without an entry of its own is dropped. */
  | { readonly type: "typing"; readonly chat: string; readonly on: boolean }
  | { readonly type: "chats"; readonly list: readonly WireChat[] }
  /** `id` names the message it is about. Retryable: nothing was stored, send it again after a while. */
  | {
      readonly type: "error";
      readonly message: string;
      readonly id?: string;
      readonly isRetryable: boolean;
    }
  | { readonly type: "pong" };

export type Parsed<T> =
  | { readonly ok: true; readonly frame: T }
  | { readonly ok: false; readonly reason: string; readonly id?: string };

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Lower case only, so that one chat has one name. */
export function isUuid(value: unknown): value is string {
  return typeof value === "string" && uuidPattern.test(value);
}

/** Reads what a page sent. Never throws; a fault is a reason that can be shown. */
export function parseClientFrame(text: string): Parsed<ClientFrame> {
  if (text.length > maxFrameChars) return { ok: false, reason: "The frame is too large." };
  const value = parseObject(text);
  if (value === undefined) return { ok: false, reason: "The frame is not a JSON object." };
  const { type, chat, limit } = value;
  switch (type) {
    case "ping":
      return { ok: true, frame: { type } };
    case "open":
      if (!isLimit(limit)) return { ok: false, reason: "The limit is missing or out of range." };
      if (chat === undefined) return { ok: true, frame: { type, limit } };
      return isUuid(chat) ? { ok: true, frame: { type, chat, limit } } : badChat();
    case "earlier": {
      const { beforeAt } = value;
      if (!isUuid(chat)) return badChat();
      if (!isLimit(limit) || !isTime(beforeAt)) return { ok: false, reason: "The limit or the time is out of range." };
      return { ok: true, frame: { type, chat, beforeAt, limit } };
    }
    case "stop":
      return isUuid(chat) ? { ok: true, frame: { type, chat } } : badChat();
    case "message":
      return parseMessage(value);
    default:
      return { ok: false, reason: "The type of the frame is not known." };
  }
}

/** Reads what the channel sent; undefined when it is no frame of ours. The channel is trusted to fill frames in. */
export function parseServerFrame(text: string): ServerFrame | undefined {
  const value = parseObject(text);
  return value !== undefined && typeof value["type"] === "string" && serverTypes.has(value["type"])
    ? (value as unknown as ServerFrame)
    : undefined;
}

const serverTypes: ReadonlySet<string> = new Set([
  "ack",
  "snapshot",
  "earlier",
  "entry",
  "preview",
  "typing",
  "chats",
  "error",
  "pong",
]);

function parseMessage(value: Record<string, unknown>): Parsed<ClientFrame> {
  const { id, chat, text, attachments } = value;
  if (!isUuid(id)) return { ok: false, reason: "The message has no id that we can use." };
  if (!isUuid(chat)) return { ...badChat(), id };
  if (typeof text !== "string") return { ok: false, reason: "The message has no text.", id };
  if (text.length > maxTextChars)
    return { ok: false, reason: `The message is longer than ${maxTextChars} characters.`, id };
  if (!isStringList(attachments)) return { ok: false, reason: "The list of files is not a list of ids.", id };
  if (attachments.length > maxAttachments)
    return { ok: false, reason: `More than ${maxAttachments} files in one message.`, id };
  if (text.trim() === "" && attachments.length === 0) return { ok: false, reason: "The message is empty.", id };
  return { ok: true, frame: { type: "message", id, chat, text, attachments } };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function badChat(): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason: "The name of the chat is not a UUID." };
}

function isLimit(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maxPageEntries;
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
