import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import {
  readPayload,
  readText,
  Refused,
  stripTags,
  type FakeFailure,
  type FakeTelegram,
  type Payload,
} from "./fake-telegram-api.ts";
import { createFakeMessages, describeChat, now } from "./fake-telegram-messages.ts";
import { recordRequests } from "./recorded-requests.ts";

export { stripTags, type FakeFailure, type FakeSaying, type FakeSent, type FakeTelegram } from "./fake-telegram-api.ts";

export interface FakeTelegramSettings {
  readonly token: string;
  readonly username?: string;
  readonly port?: number;
}

/** A Bot API that behaves as https://core.telegram.org/bots/api says and the real one does, errors included. */
export async function createFakeTelegram(settings: FakeTelegramSettings): Promise<FakeTelegram> {
  const { token, username = "parlance_bot" } = settings;
  const botId = Number(token.split(":")[0]);
  const calls = new Map<string, number>();
  const lastCalls = new Map<string, Record<string, unknown>>();
  const failures: { method: string; how: FakeFailure; skip: number; retryAfterS: number }[] = [];
  const bot = { id: botId, is_bot: true, first_name: "Parlance", username };
  const messages = createFakeMessages(bot);
  const { sent } = messages;
  const files = new Map<string, Uint8Array>();
  const queue: { update_id: number }[] = [];
  /** Ids put back into the queue and not handed out since: an offset above them does not confirm them. */
  const repeated = new Set<number>();
  let lastUpdateId = 100_000;
  let poll: { wake(): void; end(): void } | undefined;
  let webhook: { url: string; secret: string } | undefined;
  let isPushing = false;

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
    for (;;) {
      if (webhook === undefined || queue[0] === undefined) break;
      const headers = {
        "content-type": "application/json",
        "x-telegram-bot-api-secret-token": webhook.secret,
      };
      const isTaken = await fetch(webhook.url, {
        method: "POST",
        headers,
        body: JSON.stringify(queue[0]),
      })
        .then(({ status }) => status === 200)
        .catch(() => false);
      if (isTaken) queue.shift();
      else await new Promise((resolve) => void setTimeout(resolve, 50));
    }
    isPushing = false;
  }

  async function getUpdates(payload: Payload, response: ServerResponse): Promise<unknown> {
    if (webhook !== undefined)
      throw new Refused(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    poll?.end();
    const offset = Number(payload["offset"] ?? 0);
    while (queue[0] !== undefined && queue[0].update_id < offset && !repeated.has(queue[0].update_id)) queue.shift();
    const timeoutMs = Number(payload["timeout"] ?? 0) * 1_000;
    if (queue.length === 0 && timeoutMs > 0) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, timeoutMs);
        const mine = {
          wake: resolve,
          end: () =>
            reject(
              new Refused(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
              ),
            ),
        };
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

  async function perform(method: string, payload: Payload, response: ServerResponse): Promise<unknown> {
    switch (method) {
      case "getMe":
        return bot;
      case "getUpdates":
        return getUpdates(payload, response);
      case "sendMessage":
      case "sendDocument":
      case "sendPhoto":
        if (method !== "sendMessage" && payload.file === undefined)
          throw new Refused(400, "Bad Request: there is no file in the request");
        return messages.send(payload);
      case "editMessageText":
        return messages.edit(payload, "text");
      case "editMessageCaption":
        return messages.edit(payload, "caption");
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
    const payload = await readPayload(request);
    if (givenToken !== token || fake.isRevoked)
      return respond(response, 401, { ok: false, error_code: 401, description: "Unauthorized" });
    calls.set(method, (calls.get(method) ?? 0) + 1);
    const failure = takeFailure(method);
    if (failure?.how === "429") {
      const { retryAfterS } = failure;
      return respond(response, 429, {
        ok: false,
        error_code: 429,
        description: `Too Many Requests: retry after ${retryAfterS}`,
        parameters: { retry_after: retryAfterS },
      });
    }
    if (failure?.how === "500")
      return respond(response, 500, {
        ok: false,
        error_code: 500,
        description: "Internal Server Error",
      });
    if (failure?.how === "cut-before-accept") return void request.socket.destroy();
    try {
      lastCalls.set(method, payload);
      const result = await perform(method, payload, response);
      if (failure?.how === "cut-after-accept") request.socket.destroy();
      else if (failure?.how !== "hang") respond(response, 200, { ok: true, result });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      respond(response, error.status, {
        ok: false,
        error_code: error.status,
        description: error.message,
        ...(error.parameters === undefined ? {} : { parameters: error.parameters }),
      });
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
    if (what === "sent")
      respond(
        response,
        200,
        sent.map((each) => ({ ...each, file: each.file?.name })),
      );
    else if (what === "calls") respond(response, 200, Object.fromEntries(calls));
    else if (what === "pending") respond(response, 200, queue.length);
    else if (what === "say") respond(response, 200, fake.say(body));
    else if (what === "deliver") respond(response, 200, deliver(body));
    else if (what === "press")
      respond(response, 200, fake.press(String(body["label"]), body["from"] as number | undefined));
    else if (what === "fail")
      respond(response, 200, fake.failNext(String(body["method"]), body["how"] as FakeFailure, body) ?? true);
    else respond(response, 404, {});
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  const requests = recordRequests(server);
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(settings.port ?? 0, "127.0.0.1", resolve));

  const fake: FakeTelegram = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    botId,
    isRevoked: false,
    username,
    sent,
    requests,
    calls,
    lastCalls,
    deliver,
    redeliver(update) {
      repeated.add(update.update_id);
      enqueue(update);
    },
    say({ from = 42, fromName = "Ada", chat = from, threadId, text, file, extra }) {
      const messageId = messages.add(chat);
      let media = {};
      if (file !== undefined) {
        const fileId = `file-${files.size + 1}`;
        files.set(fileId, file.content);
        media = {
          document: {
            file_id: fileId,
            file_unique_id: fileId,
            file_name: file.name,
            mime_type: file.mimeType ?? "application/octet-stream",
            file_size: file.content.length,
          },
        };
      }
      const topic = threadId === undefined ? {} : { message_thread_id: threadId, is_topic_message: true };
      const words = text === undefined ? {} : { [file === undefined ? "text" : "caption"]: text };
      const sender = { id: from, is_bot: from === botId, first_name: fromName };
      return deliver({
        message: {
          message_id: messageId,
          from: sender,
          chat: describeChat(chat, fromName),
          date: now(),
          ...words,
          ...topic,
          ...media,
          ...extra,
        },
      });
    },
    press(label, from = 42) {
      const message = sent.findLast(({ keyboard }) => keyboard.flat().some(({ text }) => text === label));
      const button = message?.keyboard.flat().find(({ text }) => text === label);
      if (message === undefined || button === undefined) throw new Error(`No message shows a button "${label}".`);
      const topic =
        message.threadId === undefined ? {} : { message_thread_id: message.threadId, is_topic_message: true };
      const card = {
        message_id: message.messageId,
        date: now(),
        chat: describeChat(message.chatId),
        from: bot,
        text: stripTags(message.text),
        ...topic,
      };
      return deliver({
        callback_query: {
          id: `press-${lastUpdateId}`,
          from: { id: from, is_bot: false, first_name: "Ada" },
          chat_instance: "1",
          message: card,
          data: button.callback_data,
        },
      });
    },
    failNext: (method, how, { skip = 0, retryAfterS = 1 } = {}) =>
      void failures.push({ method, how, skip, retryAfterS }),
    pending: () => queue.length,
    countByChat: () =>
      new Map([...Map.groupBy(sent, ({ chatId }) => chatId)].map(([chatId, list]) => [chatId, list.length])),
    drop: () => server.closeAllConnections(),
    async stop() {
      webhook = undefined;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

if (import.meta.main) {
  const [token = "123456:fake", port = "0"] = process.argv.slice(2);
  const { url } = await createFakeTelegram({ token, port: Number(port) });
  process.stdout.write(`${url}\n`);
}
