import { formatEnvelope, ours } from "../../channels/signal/harness.ts";
import { createFakeSignal } from "../../doubles/fake-signal.ts";
import type { CreatePeer } from "./peer.ts";

const prefix = "a11ce000-1111-4222-8333-44445555";

/** With `--receive-mode=on-connection` messages wait at Signal while nobody is connected to the daemon. */
export const createSignalPeer: CreatePeer = async () => {
  const fake = await createFakeSignal({ accounts: [ours] });
  return {
    channel: { platform: "signal", rpcUrl: fake.url, account: ours.number },
    async say(person, text) {
      const sourceNumber = `+1555020${person}`;
      const from = {
        source: sourceNumber,
        sourceNumber,
        sourceUuid: prefix + String(person),
        sourceName: `P${person}`,
      };
      fake.deliver(formatEnvelope({ timestamp: fake.tick(), message: text }, from));
    },
    received: () => fake.sent.map(({ chat, text }) => ({ person: Number(chat.slice(prefix.length)), text })),
    close: () => fake.stop(),
  };
};
