import { setTimeout as sleep } from "node:timers/promises";
import { accountSid, authToken, ours } from "../../channels/sms/harness.ts";
import { createFakeTwilio } from "../../doubles/fake-twilio.ts";
import { listOthers } from "../../doubles/recorded-requests.ts";
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
  return async ({ hookUrl, people: [first = 1] }) => {
    const answers: string[] = [];
    const fake = await createFakeTwilio({
      accountSid,
      authToken,
      numbers: [scheme + ours],
      hookUrl,
      callHook: (request) => fetch(request).catch(() => undefined),
    });
    const lists = `GET /2010-04-01/Accounts/${accountSid}/Messages.json`;

    async function write(person: number, message: Partial<Parameters<typeof fake.receive>[0]>): Promise<void> {
      // What came before it ever looked is nothing to it.
      while (!fake.calls.has(lists)) await sleep(20);
      const { response } = await fake.receive({ from: numbers + String(person), to: scheme + ours, ...message });
      answers.push((await response?.text()) ?? "");
    }

    return {
      channel: {
        ...platform,
        ...(platform.platform === "sms" ? { helpText: "This is Parlance." } : {}),
        accountSid,
        authToken,
        from: ours,
        apiUrl: fake.url,
        webhookUrl: hookUrl,
        pollSeconds: 1,
      },
      say: (person, text) => write(person, { body: text }),
      received: () =>
        fake.messages
          .filter(({ direction }) => direction === "outbound-api")
          .map(({ to, body }) => ({ person: Number(to.slice(numbers.length)), text: body })),
      async stir(mark) {
        const file = { name: "a.txt", type: "text/plain", content: Buffer.from("words") };
        await write(first, { body: `${mark} a file`, files: [file] });
        await write(first, { body: `/approve ${mark}` });
        // Twilio and the carriers answer these themselves.
        for (const body of ["HELP", "STOP", "START"]) await write(first, { body });
        return [`${mark} a file`, `/approve ${mark}`];
      },
      shown: () => [
        ...listOthers(
          fake.requests.map(({ line }) => line),
          [/^GET /],
        ),
        ...answers.filter((words) => words.includes("<Message>")),
      ],
      close: () => fake.stop(),
    };
  };
}
