import { createFakeTelegram } from "../../doubles/fake-telegram.ts";
import { listOthers } from "../../doubles/recorded-requests.ts";
import type { CreatePeer } from "./peer.ts";

const token = "1:kill-test";
const group = -1_001_234_567_890;
const unseen = [/\/bot[^/]+\/(?:getMe|getUpdates|getFile|deleteWebhook)$/, /^GET \/file\//];

export const createTelegramPeer: CreatePeer = async ({ people: [person = 1] }) => {
  const telegram = await createFakeTelegram({ token });
  const from = { id: person, is_bot: false, first_name: "Ada" };
  const date = Math.floor(Date.now() / 1_000);
  return {
    channel: { platform: "telegram", token, apiRoot: telegram.url, pollSeconds: 1 },
    say: async (each, text) => void telegram.say({ from: each, chat: each, text }),
    received: () => telegram.sent.map(({ chatId, text }) => ({ person: chatId, text })),
    async stir(mark) {
      const name = `@${telegram.username}`;
      const entities = [{ type: "mention", offset: 0, length: name.length }];
      telegram.say({ from: person, chat: group, text: `${name} ${mark} in a group`, extra: { entities } });
      telegram.say({ from: person, text: `${mark} a file`, file: { name: "a.txt", content: Buffer.from("words") } });
      const { message } = telegram.say({ from: person, text: `/help ${mark}` }) as unknown as { message: object };
      telegram.deliver({ edited_message: { ...message, text: `${mark} an edit`, edit_date: date } });
      const card = { message_id: 1, date, chat: { id: person, type: "private" }, text: "an old question" };
      telegram.deliver({
        message_reaction: {
          chat: card.chat,
          message_id: card.message_id,
          user: from,
          date,
          old_reaction: [],
          new_reaction: [{ type: "emoji", emoji: "👍" }],
        },
      });
      for (const data of [`/approve ${mark}`, "long:not-known-any-more"])
        telegram.deliver({ callback_query: { id: `press-${data}`, from, chat_instance: "1", message: card, data } });
      return [`${mark} in a group`, `${mark} a file`, `/help ${mark}`, `${mark} an edit`, `/approve ${mark}`];
    },
    shown: () =>
      listOthers(
        telegram.requests.map(({ line }) => line),
        unseen,
      ),
    close: () => telegram.stop(),
  };
};
