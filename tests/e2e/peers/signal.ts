import { formatEnvelope, groupId, ours } from "../../channels/signal/harness.ts";
import { createFakeSignal } from "../../doubles/fake-signal.ts";
import type { CreatePeer } from "./peer.ts";

const prefix = "a11ce000-1111-4222-8333-44445555";
const unseen = new Set(["listAccounts", "listContacts", "listDevices", "getAttachment"]);

/** With `--receive-mode=on-connection` messages wait at Signal while nobody is connected to the daemon. */
export const createSignalPeer: CreatePeer = async ({ people: [first = 1] }) => {
  const fake = await createFakeSignal({ accounts: [ours] });

  /** Resolves with the time by which the message is known. */
  function deliver(person: number, data: object, extra: object = {}): number {
    const timestamp = fake.tick();
    const sourceNumber = `+1555020${person}`;
    const from = { source: sourceNumber, sourceNumber, sourceUuid: prefix + String(person), sourceName: `P${person}` };
    fake.deliver(formatEnvelope({ timestamp, ...data }, { ...from, ...extra }));
    return timestamp;
  }

  return {
    channel: { platform: "signal", rpcUrl: fake.url, account: ours.number },
    async say(person, text) {
      deliver(person, { message: text });
    },
    received: () => fake.sent.map(({ chat, text }) => ({ person: Number(chat.slice(prefix.length)), text })),
    async stir(mark) {
      const groupInfo = { groupId, groupName: "Example", revision: 3, type: "DELIVER" };
      const mentions = [{ name: ours.number, number: ours.number, uuid: ours.aci, start: 0, length: 1 }];
      deliver(first, { message: `${mark} in a group`, groupInfo });
      deliver(first, { message: `\uFFFC ${mark} to us`, mentions, groupInfo });
      const content = Buffer.from("words");
      const file = { id: fake.addAttachment(content), contentType: "text/plain", filename: "a.txt", size: 5 };
      const at = deliver(first, { message: `${mark} a file`, attachments: [file] });
      const dataMessage = { timestamp: fake.tick(), message: `${mark} an edit`, expiresInSeconds: 0, viewOnce: false };
      deliver(first, {}, { dataMessage: undefined, editMessage: { targetSentTimestamp: at, dataMessage } });
      const target = { targetAuthor: ours.number, targetAuthorNumber: ours.number, targetAuthorUuid: ours.aci };
      deliver(first, { reaction: { emoji: "👍", ...target, targetSentTimestamp: 1, isRemove: false } });
      deliver(first, {}, { dataMessage: undefined, typingMessage: { action: "STARTED", timestamp: at } });
      return ["in a group", "to us", "a file", "an edit"].map((words) => `${mark} ${words}`);
    },
    shown: () => [...fake.calls].flatMap(([method, calls]) => (unseen.has(method) ? [] : calls.map(() => method))),
    close: () => fake.stop(),
  };
};
