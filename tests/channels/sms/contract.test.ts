import { describeChannel, type ChannelHarness } from "../../contracts/channel.ts";
import type { FakeTwilioMessage } from "../../doubles/fake-twilio.ts";
import { createSms, hookUrl, ours, person } from "./harness.ts";

const forge = (body: string, signature?: string): Request =>
  new Request(hookUrl, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      ...(signature === undefined ? {} : { "x-twilio-signature": signature }),
    },
  });

/** By Twilio's calls, or, where nobody can reach us, by looking the messages up. */
async function createHarness(isCalled: boolean): Promise<ChannelHarness> {
  const { fake, disk, create, advance, close } = await createSms({
    maxSegments: 100,
    ...(isCalled ? {} : { pollSeconds: 0.02 }),
  });
  let last: FakeTwilioMessage | undefined;
  let rewind = async (): Promise<void> => undefined;
  const receive = async (from: string, body: string, file?: { name: string; content: Uint8Array }): Promise<void> => {
    const files = file === undefined ? [] : [{ ...file, type: "image/png" }];
    const kept = new Map(disk.entries);
    rewind = async () => {
      for (const [key, value] of kept) await disk.state.set(key, value);
    };
    last = (await fake.receive({ from, to: ours, body, files, isSilent: !isCalled })).message;
  };
  return {
    name: "text",
    files: disk.files,
    groups: false,
    repeatsByItself: true,
    create: (isListening) => create({}, isListening),
    createAgainst: (apiUrl) => create({ apiUrl }),
    revoke: async () => void (fake.account.isLocked = true),
    restore: async () => void (fake.account.isLocked = false),
    attempts: () => fake.requests.length,
    deliver: ({ from, text, file }) => receive(from === "self" ? ours : person, text, file),
    ...(isCalled ? {} : { isCalled: false as const }),
    advance,
    ...(isCalled
      ? {
          async redeliver() {
            if (last !== undefined) await fake.repeat(last);
          },
        }
      : {
          // Twilio keeps it in its list.
          redeliver: async () => undefined,
          lookUps: () => fake.requests.filter(({ line }) => /^GET .*\/Messages\.json/.test(line)).length,
          rewind: async () => rewind(),
        }),
    received: () =>
      fake.messages
        .filter(({ direction }) => direction === "outbound-api")
        .map(({ to, body, media }) => ({ chat: to, text: body, files: media })),
    failSend: {
      "rate-limited": (skip, waitMs = 20) => fake.failNext("429", { skip, retryAfterS: waitMs / 1_000 }),
      unavailable: (skip) => fake.failNext("503", { skip }),
      "cut-after-accept": (skip) => fake.failNext("cut-after-accept", { skip }),
      "cut-before-accept": (skip) => fake.failNext("cut-before-accept", { skip }),
    },
    deliverWhileAway: async ({ text }) => {
      await fake.receive({ from: person, to: ours, body: text, isSilent: true });
    },
    forgedRequests: () => [
      forge("MessageSid=SM1&From=%2B1555&To=%2B1556&Body=hi"),
      forge("MessageSid=SM1&From=%2B1555&To=%2B1556&Body=hi", "d3Jvbmc="),
      forge("", ""),
      new Request(`${hookUrl}?outbound=out-1`, { method: "POST", body: "MessageStatus=failed" }),
      new Request(`${hookUrl}?file=eyJwYXRoIjoiL2V0Yy9wYXNzd2QifQ&proof=00`),
    ],
    oversizedRequest: () => forge(`Body=${"x".repeat(1_000_000)}`, "d3Jvbmc="),
    close,
  };
}

describeChannel("sms by calls", () => createHarness(true));
describeChannel("sms by looking up", () => createHarness(false));
