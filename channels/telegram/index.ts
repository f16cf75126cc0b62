import type { Channel, ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { createAlarm, tellUnauthorised } from "../_shared/alarm.ts";
import { settleWithGrace } from "../_shared/grace.ts";
import { runWithReconnect, type Patience } from "../_shared/reconnect.ts";
import { askTelegram, callTelegram, type TelegramApi } from "./api.ts";
import { encodeCommand, keepLongCommands } from "./callback-data.ts";
import { formatTarget, parseMessageId } from "./chat-id.ts";
import type { TelegramOptions } from "./config.ts";
import { formatKeyboard, formatText } from "./format.ts";
import { createMessageIds } from "./message-ids.ts";
import { allowedUpdates, type ParseContext } from "./parse.ts";
import { runPolling } from "./poll.ts";
import type { Intake } from "./receive.ts";
import { formatHint, reconcile } from "./reconcile.ts";
import { createSend } from "./send.ts";
import { traits } from "./traits.ts";
import { createWebhook } from "./webhook.ts";

export { optionsSchema } from "./config.ts";

/** A bot on Telegram: polled, or called by webhook. See README.md for the quirks. */
export function createChannel(context: ChannelContext<TelegramOptions>, patience: Patience = {}): Channel {
  const { options } = context;
  const api: TelegramApi = { root: options.apiRoot, token: options.token };
  const ids = createMessageIds(context.state);
  /** By webhook nothing is asked for, so nothing else would tell that the token was revoked. */
  const check = createAlarm();
  const send = tellUnauthorised(createSend(api, context, ids), check.ring);
  let intake: Intake | undefined;

  async function offerCommands(signal: AbortSignal): Promise<void> {
    const commands = context.commands.map(({ name, summary }) => ({ command: name, description: summary }));
    const menu = await askTelegram(api, "setMyCommands", { commands }, { effect: "read", signal });
    if (!menu.ok) context.log.warn({ reason: menu.description }, "Telegram refuses the menu of commands");
  }

  async function connect(sink: ChannelSink, signal: AbortSignal, up: () => void): Promise<void> {
    const me = await callTelegram<ParseContext["me"]>(api, "getMe", {}, { effect: "read", signal });
    await ids.load();
    const running: Intake = { api, context, ids, sink, me, signal };
    if (!context.isListening()) await offerCommands(signal);
    if (options.webhookUrl === undefined) {
      // Waiting updates are kept: without this, polling is refused while a webhook is set.
      await callTelegram(api, "deleteWebhook", {}, { effect: "read", signal });
      up();
      await runPolling(running, options.pollSeconds);
      return;
    }
    intake = running;
    const webhook = {
      url: options.webhookUrl,
      secret_token: options.webhookSecret,
      allowed_updates: allowedUpdates,
    };
    await callTelegram(api, "setWebhook", webhook, { effect: "read", signal });
    up();
    while (!signal.aborted) {
      await check.wait(2 ** 31 - 1, signal);
      if (!signal.aborted) await callTelegram(api, "getMe", {}, { effect: "read", signal });
    }
  }

  async function start(sink: ChannelSink, signal: AbortSignal): Promise<void> {
    const run = runWithReconnect((_signal, up) => connect(sink, signal, up), { ...patience, signal, sink });
    try {
      await settleWithGrace(run, signal);
    } finally {
      intake = undefined;
    }
  }

  return {
    traits,
    start,
    send,
    reconcileHint: (message) => formatHint(message, ids),
    reconcile: (message, delivery) => reconcile(message, delivery, api, ids),
    ...(options.webhookSecret === undefined ? {} : { webhook: createWebhook(options.webhookSecret, () => intake) }),
    async edit(message, platformId, signal) {
      const choices = message.choices ?? [];
      await keepLongCommands(choices, context.state);
      const target = {
        chat_id: Number(message.address.chat),
        message_id: parseMessageId(platformId),
      };
      // An edit can show one part only. Without choices the buttons go.
      const shown = {
        text: formatText(message.text)[0] ?? "…",
        parse_mode: "HTML",
        reply_markup: formatKeyboard(choices, encodeCommand),
      };
      const answer = await askTelegram(api, "editMessageText", { ...target, ...shown }, { effect: "read", signal });
      if (answer.ok || /message is not modified/i.test(answer.description)) return;
      if (/message to edit not found/i.test(answer.description))
        throw new AppError("not-found", "Telegram no longer has the message to edit.");
      throw answer.error;
    },
    async typing(address, signal) {
      const sign = { ...formatTarget(address), action: "typing" };
      await callTelegram(api, "sendChatAction", sign, { effect: "read", signal }).catch(() => undefined);
    },
    async react(address, platformId, emoji, signal) {
      const reaction = {
        chat_id: Number(address.chat),
        message_id: parseMessageId(platformId),
        reaction: [{ type: "emoji", emoji }],
      };
      await callTelegram(api, "setMessageReaction", reaction, { effect: "read", signal });
    },
    // Telegram lets bots write only to people who have written to them, or pressed "start".
    openDirect: async (personId) => ({
      channel: context.name,
      chat: personId.slice(context.name.length + 1),
    }),
  };
}
