import { appSecret, displayNumber, phoneNumberId, token, verifyToken } from "../../channels/whatsapp/cloud-harness.ts";
import { createFakeWhatsApp } from "../../doubles/fake-whatsapp.ts";
import { callUntilTaken, type CreatePeer } from "./peer.ts";

const prefix = "1555020";

/** The Cloud API, which calls again for days. */
export const createWhatsAppPeer: CreatePeer = async ({ hookUrl }) => {
  const fake = await createFakeWhatsApp({
    phoneNumberId,
    displayNumber,
    token,
    appSecret,
    async callHook(request) {
      await callUntilTaken(() => new Request(hookUrl, request.clone()));
      return new Response();
    },
  });
  return {
    channel: { platform: "whatsapp", graphUrl: fake.url, phoneNumberId, token, appSecret, verifyToken },
    async say(person, text) {
      await fake.say({ from: prefix + String(person), extra: { type: "text", text: { body: text } } });
    },
    received: () => fake.sent.map(({ chat, text }) => ({ person: Number(chat.slice(prefix.length)), text })),
    close: () => fake.stop(),
  };
};
