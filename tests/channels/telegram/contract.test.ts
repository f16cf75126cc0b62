import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Channel } from "../../../src/core/channel.ts";
import { createChannel } from "../../../channels/telegram/index.ts";
import { optionsSchema } from "../../../channels/telegram/config.ts";
import { describeChannel, type ChannelHarness } from "../../contracts/channel.ts";
import { refusedMs } from "../../contracts/channel-harness.ts";
import { createChannelContext, createTestDisk } from "../../doubles/channel-context.ts";
import { createRunningClock } from "../../doubles/fake-clock.ts";
import { createFakeTelegram, stripTags, type FakeTelegram } from "../../doubles/fake-telegram.ts";

const token = "123456:test-token";
const secret = "a-secret-of-ours-1234";
const groupChat = -1_001_234_567_890;

async function createHarness(isWebhook: boolean): Promise<ChannelHarness> {
  const fake = await createFakeTelegram({ token });
  const disk = createTestDisk();
  const clock = createRunningClock();
  let channel: Channel | undefined;
  let last: { update_id: number } | undefined;
  const server = isWebhook ? await serveWebhook(() => channel) : undefined;
  const webhookOptions = server === undefined ? {} : { webhookUrl: server.url, webhookSecret: secret };
  const options = optionsSchema.parse({
    token,
    apiRoot: fake.url,
    pollSeconds: 20,
    ...webhookOptions,
  });

  const forge = (body: string, given: string): Request =>
    new Request("http://127.0.0.1/", {
      method: "POST",
      body,
      headers: { "x-telegram-bot-api-secret-token": given },
    });

  return {
    name: "tg",
    files: disk.files,
    groups: true,
    repeatsByItself: true,
    create: (isListening) =>
      (channel = createChannel(createChannelContext(options, { name: "tg", disk, now: clock.now, isListening }), {
        refusedMs,
      })),
    advance: clock.advance,
    createAgainst: (apiRoot) => createChannel(createChannelContext({ ...options, apiRoot }, { name: "tg" })),
    ...(isWebhook ? {} : { drop: () => fake.drop() }),
    async revoke() {
      fake.isRevoked = true;
      if (!isWebhook) fake.drop();
    },
    restore: async () => void (fake.isRevoked = false),
    attempts: () => fake.requests.length,
    async deliver({ from, place, isMention, file, ...event }) {
      const mention = `@${fake.username} `;
      const isGroup = place !== "direct";
      const words = isGroup && isMention === true ? mention + event.text : event.text;
      const entities =
        isGroup && isMention === true ? { entities: [{ type: "mention", offset: 0, length: mention.length - 1 }] } : {};
      last = fake.say({
        from: from === "self" ? fake.botId : 42,
        chat: isGroup ? groupChat : 42,
        text: words,
        extra: entities,
        ...(place === "thread" ? { threadId: 7 } : {}),
        ...(file === undefined ? {} : { file: { name: file.name, content: file.content } }),
      });
    },
    async redeliver() {
      if (last !== undefined) fake.redeliver(last);
    },
    received: () => fake.sent.map(describeSent),
    failSend: {
      "rate-limited": (skip, waitMs = 20) => fake.failNext("sendMessage", "429", { skip, retryAfterS: waitMs / 1_000 }),
      unavailable: (skip) => fake.failNext("sendMessage", "500", { skip }),
      "cut-after-accept": (skip) => fake.failNext("sendMessage", "cut-after-accept", { skip }),
      "cut-before-accept": (skip) => fake.failNext("sendMessage", "cut-before-accept", { skip }),
    },
    async press(label) {
      last = fake.press(label);
    },
    async revise(words) {
      const { message } = last as unknown as { message: Record<string, unknown> };
      fake.deliver({ edited_message: { ...message, text: words, edit_date: Math.floor(Date.now() / 1_000) } });
    },
    async reactToUs(emoji) {
      const message = fake.sent.at(-1);
      fake.deliver({
        message_reaction: {
          chat: { id: message?.chatId, type: "private", first_name: "Ada" },
          message_id: message?.messageId,
          user: { id: 42, is_bot: false, first_name: "Ada" },
          date: Math.floor(Date.now() / 1_000),
          old_reaction: [],
          new_reaction: [{ type: "emoji", emoji }],
        },
      });
    },
    offeredCommands: () =>
      (fake.lastCalls.get("setMyCommands")?.["commands"] as { command: string }[] | undefined)?.map(
        ({ command }) => command,
      ) ?? [],
    async useCommand(name, argument) {
      const entity = { type: "bot_command", offset: 0, length: name.length + 1 };
      fake.say({ text: `/${name} ${argument}`, extra: { entities: [entity] } });
    },
    async deliverWhileAway({ text: words }) {
      fake.say({ text: words });
    },
    forgedRequests: () => [forge("{}", "wrong"), forge("{}", ""), forge("{}", `${secret}x`)],
    oversizedRequest: () => forge("x".repeat(3_000_000), secret),
    async close() {
      await fake.stop();
      await server?.stop();
      await disk.remove();
    },
  };
}

/** The public address that Telegram calls; `channel` is the adapter that runs now. */
async function serveWebhook(channel: () => Channel | undefined): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = {
      "x-telegram-bot-api-secret-token": String(request.headers["x-telegram-bot-api-secret-token"]),
    };
    const call = new Request("http://127.0.0.1/", {
      method: "POST",
      body: await text(request),
      headers,
    });
    response.writeHead((await channel()?.webhook?.(call))?.status ?? 503).end();
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/tg`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function describeSent(sent: FakeTelegram["sent"][number]): ReturnType<ChannelHarness["received"]>[number] {
  return {
    chat: String(sent.chatId),
    ...(sent.threadId === undefined ? {} : { thread: String(sent.threadId) }),
    text: stripTags(sent.text),
    files: sent.file === undefined ? [] : [sent.file],
  };
}

describeChannel("telegram by polling", () => createHarness(false));
describeChannel("telegram by webhook", () => createHarness(true));
