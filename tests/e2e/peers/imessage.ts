import { setTimeout as sleep } from "node:timers/promises";
import { password, secret } from "../../channels/imessage/harness.ts";
import { createFakeBlueBubbles } from "../../doubles/fake-bluebubbles.ts";
import type { CreatePeer } from "./peer.ts";

const prefix = "+1555020";

/** BlueBubbles calls once, whether somebody is there or not; the Mac keeps every message. */
export const createIMessagePeer: CreatePeer = async ({ hookUrl }) => {
  const fake = await createFakeBlueBubbles({
    password,
    callHook: async (request) => {
      const response = await fetch(request).catch(() => undefined);
      await response?.arrayBuffer();
      return response;
    },
  });
  return {
    channel: {
      platform: "imessage",
      serverUrl: fake.url,
      password,
      privateApi: true,
      webhookSecret: secret,
      webhookUrl: hookUrl,
      pollSeconds: 1,
    },
    async say(person, text) {
      // What came before it ever looked is nothing to it.
      while (!fake.calls.some(({ route }) => route === "POST /message/query")) await sleep(20);
      await fake.receive({ from: prefix + String(person), text });
    },
    received: () =>
      fake.messages
        .filter(({ isFromMe }) => isFromMe)
        .map(({ chats, text }) => ({ person: Number(chats[0]?.guid.split(prefix)[1]), text: text ?? "" })),
    settleMs: 60_000,
    close: () => fake.stop(),
  };
};
