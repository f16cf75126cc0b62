import { setTimeout as sleep } from "node:timers/promises";
import { password, secret } from "../../channels/imessage/harness.ts";
import { createFakeBlueBubbles } from "../../doubles/fake-bluebubbles.ts";
import { listOthers } from "../../doubles/recorded-requests.ts";
import type { CreatePeer } from "./peer.ts";

const prefix = "+1555020";
const unseen = [/^GET /, /^POST \/api\/v1\/(?:message\/query|webhook)\?/];

/** BlueBubbles calls once, whether somebody is there or not; the Mac keeps every message. */
export const createIMessagePeer: CreatePeer = async ({ hookUrl, people: [first = 1] }) => {
  const fake = await createFakeBlueBubbles({
    password,
    callHook: async (request) => {
      const response = await fetch(request).catch(() => undefined);
      await response?.arrayBuffer();
      return response;
    },
  });

  /** What came before it ever looked is nothing to it. */
  async function untilLooked(): Promise<void> {
    while (!fake.calls.some(({ route }) => route === "POST /message/query")) await sleep(20);
  }

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
      await untilLooked();
      await fake.receive({ from: prefix + String(person), text });
    },
    received: () =>
      fake.messages
        .filter(({ isFromMe }) => isFromMe)
        .map(({ chats, text }) => ({ person: Number(chats[0]?.guid.split(prefix)[1]), text: text ?? "" })),
    async stir(mark) {
      await untilLooked();
      const from = prefix + String(first);
      await fake.receive({ from, chat: "iMessage;+;chat1234567890", text: `${mark} in a group` });
      const file = { name: "a.txt", content: Buffer.from("words"), type: "text/plain" };
      const said = await fake.receive({ from, text: `${mark} a file`, file });
      Object.assign(said, { text: `${mark} an edit`, dateEdited: Date.now() });
      await fake.announce("updated-message", said);
      const extra = { associatedMessageGuid: `p:0/${said.guid}`, associatedMessageType: "like" };
      await fake.receive({ from, text: "Liked it", extra });
      await fake.announce("typing-indicator", { display: true, guid: `iMessage;-;${from}` });
      return ["in a group", "a file", "an edit"].map((words) => `${mark} ${words}`);
    },
    shown: () =>
      listOthers(
        fake.requests.map(({ line }) => line),
        unseen,
      ),
    settleMs: 60_000,
    close: () => fake.stop(),
  };
};
