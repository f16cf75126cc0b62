import { secret, signedCall } from "../../channels/webhook/calls.ts";
import { createReplyServer } from "../../channels/webhook/reply-server.ts";
import { callUntilTaken, type CreatePeer } from "./peer.ts";

export const createWebhookPeer: CreatePeer = async ({ hookUrl }) => {
  const server = await createReplyServer();
  let count = 0;
  return {
    channel: { platform: "webhook", secret, replyUrl: server.url },
    async say(person, text) {
      count += 1;
      const body = { id: `say-${count}`, chat: `${person}`, sender: { id: `${person}` }, text };
      await callUntilTaken(() => new Request(hookUrl, signedCall(body)));
    },
    received: () => server.replies.map(({ chat, text }) => ({ person: Number(chat), text })),
    close: () => server.close(),
  };
};
