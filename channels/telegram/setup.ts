import type { ChannelSetup } from "../../src/core/channel.ts";
import { callTelegram } from "./api.ts";
import type { TelegramOptions } from "./config.ts";

export const setup: ChannelSetup = {
  steps: `1. In Telegram write to @BotFather, send /newbot, and choose a name.
2. Copy the token that it gives you.`,
  questions: [
    { key: "token", label: "Token", help: 'Looks like "123456:ABC…".', secretName: "TELEGRAM_TOKEN" },
    {
      key: "apiRoot",
      label: "Address of the Bot API",
      default: "https://api.telegram.org",
      isOptional: true,
    },
  ],
  async check(given, signal) {
    const { apiRoot, token } = given as TelegramOptions;
    const api = { root: apiRoot, token };
    const me = await callTelegram<{ username?: string; can_read_all_group_messages?: boolean }>(
      api,
      "getMe",
      {},
      { effect: "read", signal },
    );
    const groups = me.can_read_all_group_messages === true ? "everything in groups" : "mentions and commands in groups";
    return `@${me.username ?? "the bot"}, which reads direct chats and ${groups}.`;
  },
};
