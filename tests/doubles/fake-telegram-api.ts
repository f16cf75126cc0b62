import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import type { RecordedRequest } from "./recorded-requests.ts";

/** "500" and "429" have no effect; the cuts end the connection; "hang" takes the message and never answers. */
export type FakeFailure = "429" | "500" | "cut-before-accept" | "cut-after-accept" | "hang";

export interface FakeFile {
  readonly field: string;
  readonly name: string;
  readonly content: Buffer;
}

/** A message of the bot as people see it now. */
export interface FakeSent {
  readonly chatId: number;
  readonly messageId: number;
  readonly threadId?: number;
  /** As it was sent, tags included. */
  text: string;
  readonly replyToId?: number;
  keyboard: readonly (readonly { readonly text: string; readonly callback_data: string }[])[];
  readonly file?: FakeFile;
  edits: number;
}

/** What somebody says. Missing parts get sensible values. */
export interface FakeSaying {
  readonly from?: number;
  readonly fromName?: string;
  readonly chat?: number;
  readonly threadId?: number;
  readonly text?: string;
  readonly file?: {
    readonly name: string;
    readonly content: Uint8Array;
    readonly mimeType?: string;
  };
  /** More fields of Telegram's Message, such as entities or reply_to_message. */
  readonly extra?: Record<string, unknown>;
}

export interface FakeTelegram {
  readonly url: string;
  readonly botId: number;
  readonly username: string;
  readonly sent: FakeSent[];
  /** Every request that came, whatever became of it. */
  readonly requests: readonly RecordedRequest[];
  /** How often each method was called. */
  readonly calls: ReadonlyMap<string, number>;
  /** Payloads of the last call of each method. */
  readonly lastCalls: ReadonlyMap<string, Record<string, unknown>>;
  /** Puts an update into the queue under the next update id, and returns it. */
  deliver(update: Record<string, unknown>): { update_id: number } & Record<string, unknown>;
  /** Puts an update that was confirmed already into the queue again, under its old id. */
  redeliver(update: { update_id: number }): void;
  /** Somebody writes a message; `deliver` with the envelope made. */
  say(saying: FakeSaying): { update_id: number } & Record<string, unknown>;
  /** Somebody presses the button with this label on the last message that has one. */
  press(label: string, from?: number): { update_id: number } & Record<string, unknown>;
  /** The call of the method after `skip` more goes wrong. */
  failNext(method: string, how: FakeFailure, options?: { readonly skip?: number; readonly retryAfterS?: number }): void;
  /** Updates not confirmed yet. */
  pending(): number;
  countByChat(): ReadonlyMap<number, number>;
  /** Does the token count? It does until it is revoked. */
  isRevoked: boolean;
  /** Ends every connection without a word, the waiting poll's too. */
  drop(): void;
  stop(): Promise<void>;
}

export type Payload = Record<string, unknown> & { file?: FakeFile };

/** What a method answers instead of a result. */
export class Refused extends Error {
  readonly status: number;
  readonly parameters: object | undefined;
  constructor(status: number, description: string, parameters?: object) {
    super(description);
    this.status = status;
    this.parameters = parameters;
  }
}

export async function readPayload(request: IncomingMessage): Promise<Payload> {
  const body = await buffer(request);
  const type = request.headers["content-type"] ?? "";
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(type)?.[1];
  if (boundary === undefined) return JSON.parse(body.toString() || "{}") as Payload;
  const payload: Payload = {};
  // In Latin-1 each character is a byte, so that files survive.
  for (const part of body.toString("latin1").split(`--${boundary}`).slice(1, -1)) {
    const [head = "", ...rest] = part.slice(2, -2).split("\r\n\r\n");
    const content = Buffer.from(rest.join("\r\n\r\n"), "latin1");
    const disposition = Buffer.from(head, "latin1").toString();
    const field = / name="([^"]*)"/.exec(disposition)?.[1] ?? "";
    const name = / filename="([^"]*)"/.exec(disposition)?.[1];
    if (name !== undefined) payload.file = { field, name, content };
    else
      payload[field] = /^[[{]/.test(content.toString())
        ? (JSON.parse(content.toString()) as unknown)
        : content.toString();
  }
  return payload;
}

export function readText(payload: Payload, field: string): string {
  const value = payload[field];
  return typeof value === "string" ? value : "";
}

export function readChat(payload: Payload): number {
  const chatId = Number(payload["chat_id"]);
  if (!Number.isSafeInteger(chatId) || chatId === 0) throw new Refused(400, "Bad Request: chat not found");
  return chatId;
}

export function checkText(payload: Payload): string {
  const text = readText(payload, "text").trim();
  if (payload["parse_mode"] === "HTML") checkHtml(text);
  const visible = payload["parse_mode"] === "HTML" ? stripTags(text) : text;
  if (visible.trim() === "") throw new Refused(400, "Bad Request: message text is empty");
  if (visible.length > 4_096) throw new Refused(400, "Bad Request: message is too long");
  return text;
}

const allowedTags = /^(?:b|strong|i|em|u|ins|s|strike|del|code|pre|a|blockquote|tg-spoiler|span)$/;

function checkHtml(html: string): void {
  const open: string[] = [];
  for (const [whole, slash, tag = ""] of html.matchAll(/<(\/?)([a-z-]*)[^>]*>?/gi)) {
    if (!allowedTags.test(tag) || !whole.endsWith(">"))
      throw new Refused(400, `Bad Request: can't parse entities: Unsupported start tag "${tag}" at byte offset 0`);
    if (slash === "") open.push(tag);
    else if (open.pop() !== tag)
      throw new Refused(400, `Bad Request: can't parse entities: Unmatched end tag at byte offset 0`);
  }
  if (open.length > 0)
    throw new Refused(
      400,
      `Bad Request: can't parse entities: Can't find end tag corresponding to start tag "${open[0]}"`,
    );
}

export function readKeyboard(payload: Payload): FakeSent["keyboard"] {
  const { inline_keyboard: rows = [] } = (payload["reply_markup"] ?? {}) as {
    inline_keyboard?: FakeSent["keyboard"];
  };
  if (rows.flat().some((button) => Buffer.byteLength(button.callback_data) > 64))
    throw new Refused(400, "Bad Request: BUTTON_DATA_INVALID");
  return rows;
}

/** What people see of Telegram's HTML. */
export function stripTags(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}
