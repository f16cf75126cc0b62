import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface FakeTelegramSettings {
  readonly token: string;
  readonly username?: string;
  readonly port?: number;
}

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
  readonly file?: { readonly name: string; readonly content: Uint8Array; readonly mimeType?: string };
  /** More fields of Telegram's Message, such as entities or reply_to_message. */
  readonly extra?: Record<string, unknown>;
}

export interface FakeTelegram {
  readonly url: string;
  readonly botId: number;
  readonly username: string;
  readonly sent: FakeSent[];
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
  stop(): Promise<void>;
}

type Payload = Record<string, unknown> & { file?: FakeFile };

class Refused extends Error {
  readonly status: number;
  readonly parameters: object | undefined;
  constructor(status: number, description: string, parameters?: object) {
    super(description);
    this.status = status;
    this.parameters = parameters;
  }
}

/** A Bot API that behaves as https://core.telegram.org/bots/api says and the real one does, errors included. */
export async function createFakeTelegram(settings: FakeTelegramSettings): Promise<FakeTelegram> {
  const { token, username = "parlance_bot" } = settings;
  const botId = Number(token.split(":")[0]);
  const sent: FakeSent[] = [];
  const calls = new Map<string, number>();
  const lastCalls = new Map<string, Record<string, unknown>>();
  const failures: { method: string; how: FakeFailure; skip: number; retryAfterS: number }[] = [];
  const lastIds = new Map<string, number>();
  /** Messages by "chat:id"; undefined for those of other people. */
  const messages = new Map<string, FakeSent | undefined>();
  const files = new Map<string, Uint8Array>();
  const queue: { update_id: number }[] = [];
  /** Ids put back into the queue and not handed out since: an offset above them does not confirm them. */
  const repeated = new Set<number>();
  let lastUpdateId = 100_000;
  let poll: { wake(): void; end(): void } | undefined;
  let webhook: { url: string; secret: string } | undefined;
  let isPushing = false;

  /** Private chats and small groups share a counter, supergroups and channels have their own. */
  function nextMessageId(chatId: number): number {
    const scope = String(chatId).startsWith("-100") ? String(chatId) : "account";
    const id = (lastIds.get(scope) ?? (scope === "account" ? 500 : 10)) + 1;
    lastIds.set(scope, id);
    return id;
  }

  function enqueue<T extends { update_id: number }>(update: T): T {
    queue.push(update);
    queue.sort((a, b) => a.update_id - b.update_id);
    poll?.wake();
    void push();
    return update;
  }

  const deliver: FakeTelegram["deliver"] = (update) => enqueue({ ...update, update_id: (lastUpdateId += 1) });

  /** Calls the webhook until it says 200, one update after the other. */
  async function push(): Promise<void> {
    if (isPushing) return;
    isPushing = true;
    while (webhook !== undefined && queue[0] !== undefined) {
      const headers = { "content-type": "application/json", "x-telegram-bot-api-secret-token": webhook.secret };
      const isTaken = await fetch(webhook.url, { method: "POST", headers, body: JSON.stringify(queue[0]) }).then(({ status }) => status === 200).catch(() => false);
      if (isTaken) queue.shift();
      else await new Promise((resolve) => void setTimeout(resolve, 50));
    }
    isPushing = false;
  }

  async function getUpdates(payload: Payload, response: ServerResponse): Promise<unknown> {
    if (webhook !== undefined) throw new Refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
    poll?.end();
    const offset = Number(payload["offset"] ?? 0);
    while (queue[0] !== undefined && queue[0].update_id < offset && !repeated.has(queue[0].update_id)) queue.shift();
    const timeoutMs = Number(payload["timeout"] ?? 0) * 1_000;
    if (queue.length === 0 && timeoutMs > 0) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, timeoutMs);
        const mine = { wake: resolve, end: () => reject(new Refused(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")) };
        poll = mine;
        response.once("close", () => {
          clearTimeout(timer);
          if (poll === mine) poll = undefined;
          resolve();
        });
      });
      poll = undefined;
    }
    const batch = queue.slice(0, Number(payload["limit"] ?? 100));
    for (const { update_id: id } of batch) repeated.delete(id);
    return batch;
  }

  function sendMessage(payload: Payload): unknown {
    const chatId = readChat(payload);
    const text = payload.file === undefined ? checkText(payload) : readText(payload, "caption");
    const keyboard = readKeyboard(payload);
    const reply = payload["reply_parameters"] as { message_id: number; allow_sending_without_reply?: boolean } | undefined;
    const repliesTo = reply !== undefined && messages.has(`${chatId}:${reply.message_id}`) ? reply.message_id : undefined;
    if (reply !== undefined && repliesTo === undefined && reply.allow_sending_without_reply !== true) throw new Refused(400, "Bad Request: message to be replied not found");
    const messageId = nextMessageId(chatId);
    const message: FakeSent = {
      chatId,
      messageId,
      text,
      keyboard,
      edits: 0,
      ...(payload["message_thread_id"] === undefined ? {} : { threadId: Number(payload["message_thread_id"]) }),
      ...(repliesTo === undefined ? {} : { replyToId: repliesTo }),
      ...(payload.file === undefined ? {} : { file: payload.file }),
    };
    sent.push(message);
    messages.set(`${chatId}:${messageId}`, message);
    return { message_id: messageId, date: now(), chat: describeChat(chatId), from: bot(), text: stripTags(text) };
  }

  function edit(payload: Payload, what: "text" | "caption"): unknown {
    const key = `${readChat(payload)}:${Number(payload["message_id"])}`;
    if (!messages.has(key)) throw new Refused(400, "Bad Request: message to edit not found");
    const message = messages.get(key);
    if (message === undefined) throw new Refused(400, "Bad Request: message can't be edited");
    if ((what === "caption") !== (message.file !== undefined)) throw new Refused(400, `Bad Request: there is no ${what} in the message to edit`);
    const text = what === "text" ? checkText(payload) : readText(payload, "caption");
    const keyboard = readKeyboard(payload);
    if (text === message.text && JSON.stringify(keyboard) === JSON.stringify(message.keyboard)) {
      throw new Refused(400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message");
    }
    Object.assign(message, { text, keyboard, edits: message.edits + 1 });
    return { message_id: message.messageId, date: now(), chat: describeChat(message.chatId), text: stripTags(text) };
  }

  async function perform(method: string, payload: Payload, response: ServerResponse): Promise<unknown> {
    switch (method) {
      case "getMe":
        return bot();
      case "getUpdates":
        return getUpdates(payload, response);
      case "sendMessage":
      case "sendDocument":
      case "sendPhoto":
        if (method !== "sendMessage" && payload.file === undefined) throw new Refused(400, "Bad Request: there is no file in the request");
        return sendMessage(payload);
      case "editMessageText":
        return edit(payload, "text");
      case "editMessageCaption":
        return edit(payload, "caption");
      case "getFile": {
        const id = readText(payload, "file_id");
        if (!files.has(id)) throw new Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable");
        return { file_id: id, file_unique_id: id, file_path: `documents/${id}` };
      }
      case "setWebhook":
        webhook = { url: readText(payload, "url"), secret: readText(payload, "secret_token") };
        void push();
        return true;
      case "deleteWebhook":
        webhook = undefined;
        return true;
      case "setMyCommands":
      case "sendChatAction":
      case "setMessageReaction":
      case "answerCallbackQuery":
        return true;
      default:
        throw new Refused(404, "Not Found");
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? "";
    if (url.startsWith("/control/")) return control(url.slice("/control/".length), request, response);
    const file = /^\/file\/bot([^/]+)\/documents\/(.+)$/.exec(url);
    if (file !== null) {
      const content = file[1] === token ? files.get(file[2] ?? "") : undefined;
      response.writeHead(content === undefined ? 404 : 200).end(content);
      return;
    }
    const [, givenToken, method = ""] = /^\/bot([^/]+)\/(\w+)$/.exec(url) ?? [];
    const body = await buffer(request);
    if (givenToken !== token) return reply(response, 401, { ok: false, error_code: 401, description: "Unauthorized" });
    calls.set(method, (calls.get(method) ?? 0) + 1);
    const failure = takeFailure(method);
    if (failure?.how === "429") {
      const { retryAfterS } = failure;
      return reply(response, 429, { ok: false, error_code: 429, description: `Too Many Requests: retry after ${retryAfterS}`, parameters: { retry_after: retryAfterS } });
    }
    if (failure?.how === "500") return reply(response, 500, { ok: false, error_code: 500, description: "Internal Server Error" });
    if (failure?.how === "cut-before-accept") return void request.socket.destroy();
    try {
      const payload = await readPayload(request, body);
      lastCalls.set(method, payload);
      const result = await perform(method, payload, response);
      if (failure?.how === "cut-after-accept") request.socket.destroy();
      else if (failure?.how !== "hang") reply(response, 200, { ok: true, result });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      reply(response, error.status, { ok: false, error_code: error.status, description: error.message, ...(error.parameters === undefined ? {} : { parameters: error.parameters }) });
    }
  }

  function takeFailure(method: string): (typeof failures)[number] | undefined {
    const index = failures.findIndex((each) => each.method === method);
    const failure = failures[index];
    if (failure === undefined) return undefined;
    failure.skip -= 1;
    return failure.skip < 0 ? failures.splice(index, 1)[0] : undefined;
  }

  /** For tests that run the fake in another process. */
  async function control(what: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse((await buffer(request)).toString() || "{}") as Record<string, unknown>;
    if (what === "sent") reply(response, 200, sent.map((each) => ({ ...each, file: each.file?.name })));
    else if (what === "calls") reply(response, 200, Object.fromEntries(calls));
    else if (what === "pending") reply(response, 200, queue.length);
    else if (what === "say") reply(response, 200, fake.say(body as FakeSaying));
    else if (what === "deliver") reply(response, 200, deliver(body));
    else if (what === "press") reply(response, 200, fake.press(String(body["label"]), body["from"] as number | undefined));
    else if (what === "fail") reply(response, 200, fake.failNext(String(body["method"]), body["how"] as FakeFailure, body) ?? true);
    else reply(response, 404, {});
  }

  const bot = (): object => ({ id: botId, is_bot: true, first_name: "Parlance", username });
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(settings.port ?? 0, "127.0.0.1", resolve));

  const fake: FakeTelegram = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    botId,
    username,
    sent,
    calls,
    lastCalls,
    deliver,
    redeliver(update) {
      repeated.add(update.update_id);
      enqueue(update);
    },
    say({ from = 42, fromName = "Ada", chat = from, threadId, text, file, extra }) {
      const messageId = nextMessageId(chat);
      messages.set(`${chat}:${messageId}`, undefined);
      let media = {};
      if (file !== undefined) {
        const fileId = `file-${files.size + 1}`;
        files.set(fileId, file.content);
        media = { document: { file_id: fileId, file_unique_id: fileId, file_name: file.name, mime_type: file.mimeType ?? "application/octet-stream", file_size: file.content.length } };
      }
      const topic = threadId === undefined ? {} : { message_thread_id: threadId, is_topic_message: true };
      const words = text === undefined ? {} : { [file === undefined ? "text" : "caption"]: text };
      const sender = { id: from, is_bot: from === botId, first_name: fromName };
      return deliver({ message: { message_id: messageId, from: sender, chat: describeChat(chat, fromName), date: now(), ...words, ...topic, ...media, ...extra } });
    },
    press(label, from = 42) {
      const message = sent.findLast(({ keyboard }) => keyboard.flat().some(({ text }) => text === label));
      const button = message?.keyboard.flat().find(({ text }) => text === label);
      if (message === undefined || button === undefined) throw new Error(`No message shows a button "${label}".`);
      const topic = message.threadId === undefined ? {} : { message_thread_id: message.threadId, is_topic_message: true };
      const card = { message_id: message.messageId, date: now(), chat: describeChat(message.chatId), from: bot(), text: stripTags(message.text), ...topic };
      return deliver({ callback_query: { id: `press-${lastUpdateId}`, from: { id: from, is_bot: false, first_name: "Ada" }, chat_instance: "1", message: card, data: button.callback_data } });
    },
    failNext: (method, how, { skip = 0, retryAfterS = 1 } = {}) => void failures.push({ method, how, skip, retryAfterS }),
    pending: () => queue.length,
    countByChat: () => new Map([...Map.groupBy(sent, ({ chatId }) => chatId)].map(([chatId, list]) => [chatId, list.length])),
    async stop() {
      webhook = undefined;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

const now = (): number => Math.floor(Date.now() / 1_000);

function describeChat(chatId: number, name = "Ada"): object {
  if (chatId > 0) return { id: chatId, type: "private", first_name: name };
  return { id: chatId, type: String(chatId).startsWith("-100") ? "supergroup" : "group", title: "Engine room" };
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function readPayload(request: IncomingMessage, body: Buffer): Promise<Payload> {
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("multipart/")) return JSON.parse(body.toString() || "{}") as Payload;
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData();
  const payload: Payload = {};
  for (const [field, value] of form) {
    if (typeof value === "string") payload[field] = /^[[{]/.test(value) ? (JSON.parse(value) as unknown) : value;
    else payload.file = { field, name: value.name, content: Buffer.from(await value.arrayBuffer()) };
  }
  return payload;
}

function readText(payload: Payload, field: string): string {
  const value = payload[field];
  return typeof value === "string" ? value : "";
}

function readChat(payload: Payload): number {
  const chatId = Number(payload["chat_id"]);
  if (!Number.isSafeInteger(chatId) || chatId === 0) throw new Refused(400, "Bad Request: chat not found");
  return chatId;
}

function checkText(payload: Payload): string {
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
    if (!allowedTags.test(tag) || !whole.endsWith(">")) throw new Refused(400, `Bad Request: can't parse entities: Unsupported start tag "${tag}" at byte offset 0`);
    if (slash === "") open.push(tag);
    else if (open.pop() !== tag) throw new Refused(400, `Bad Request: can't parse entities: Unmatched end tag at byte offset 0`);
  }
  if (open.length > 0) throw new Refused(400, `Bad Request: can't parse entities: Can't find end tag corresponding to start tag "${open[0]}"`);
}

function readKeyboard(payload: Payload): FakeSent["keyboard"] {
  const { inline_keyboard: rows = [] } = (payload["reply_markup"] ?? {}) as { inline_keyboard?: FakeSent["keyboard"] };
  if (rows.flat().some((button) => Buffer.byteLength(button.callback_data) > 64)) throw new Refused(400, "Bad Request: BUTTON_DATA_INVALID");
  return rows;
}

/** What people see of Telegram's HTML. */
export function stripTags(html: string): string {
  return html.replaceAll(/<[^>]*>/g, "").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

if (import.meta.main) {
  const [token = "123456:fake", port = "0"] = process.argv.slice(2);
  const { url } = await createFakeTelegram({ token, port: Number(port) });
  process.stdout.write(`${url}\n`);
}
