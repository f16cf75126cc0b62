import { createFakeTelegram } from "../../doubles/fake-telegram.ts";
import type { CreatePeer } from "./peer.ts";

const token = "1:kill-test";

export const createTelegramPeer: CreatePeer = async () => {
  const telegram = await createFakeTelegram({ token });
  return {
    channel: { platform: "telegram", token, apiRoot: telegram.url, pollSeconds: 1 },
    say: async (person, text) => void telegram.say({ from: person, chat: person, text }),
    received: () => telegram.sent.map(({ chatId, text }) => ({ person: chatId, text })),
    close: () => telegram.stop(),
  };
};
