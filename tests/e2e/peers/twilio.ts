import { setTimeout as sleep } from "node:timers/promises";
import { accountSid, authToken, ours } from "../../channels/sms/harness.ts";
import { createFakeTwilio } from "../../doubles/fake-twilio.ts";
import type { CreatePeer } from "./peer.ts";

const prefix = "+1555020";

type TwilioPlatform = { readonly platform: "sms" } | { readonly platform: "whatsapp"; readonly transport: "twilio" };

export const createSmsPeer = createTwilioPeer({ platform: "sms" }, "");
export const createWhatsAppTwilioPeer = createTwilioPeer({ platform: "whatsapp", transport: "twilio" }, "whatsapp:");

/**
 * Twilio calls once, whether somebody is there or not, and keeps every message in a list. Its numbers begin with
 * `scheme`.
 */
function createTwilioPeer(platform: TwilioPlatform, scheme: "" | "whatsapp:"): CreatePeer {
  const numbers = scheme + prefix;
  return async ({ hookUrl }) => {
    const fake = await createFakeTwilio({
      accountSid,
      authToken,
      numbers: [scheme + ours],
      hookUrl,
      callHook: (request) => fetch(request).catch(() => undefined),
    });
    const lists = `GET /2010-04-01/Accounts/${accountSid}/Messages.json`;
    return {
      channel: {
        ...platform,
        accountSid,
        authToken,
        from: ours,
        apiUrl: fake.url,
        webhookUrl: hookUrl,
        pollSeconds: 1,
      },
      async say(person, text) {
        // What came before it ever looked is nothing to it.
        while (!fake.calls.has(lists)) await sleep(20);
        const { response } = await fake.receive({ from: numbers + String(person), to: scheme + ours, body: text });
        await response?.arrayBuffer();
      },
      received: () =>
        fake.messages
          .filter(({ direction }) => direction === "outbound-api")
          .map(({ to, body }) => ({ person: Number(to.slice(numbers.length)), text: body })),
      close: () => fake.stop(),
    };
  };
}
