import type { Channel } from "../../../src/core/channel.ts";
import { createChannel, optionsSchema } from "../../../channels/whatsapp/index.ts";
import { refusedMs } from "../../contracts/channel-harness.ts";
import { createChannelContext, createTestDisk, type TestDisk } from "../../doubles/channel-context.ts";
import { createFakeTwilio, type FakeTwilio } from "../../doubles/fake-twilio.ts";

export const ours = "+15550100100";
export const person = "whatsapp:+15550100042";
export const hookUrl = "https://parlance.example.org/hooks/wa";
export const accountSid = `AC${"1".repeat(32)}`;
export const authToken = "auth-token-of-the-test";
export const contentSid = `HX${"2".repeat(32)}`;

export interface TwilioSetup {
  readonly fake: FakeTwilio;
  readonly disk: TestDisk;
  /** A new adapter over the same state; the hook calls the last one, and a minute has passed. */
  create(isListening?: () => boolean): Channel;
  advance(ms: number): void;
  close(): Promise<void>;
}

export async function createTwilio(extra: Readonly<Record<string, unknown>> = {}): Promise<TwilioSetup> {
  let channel: Channel | undefined;
  let ahead = 0;
  const disk = createTestDisk();
  const fake = await createFakeTwilio({
    accountSid,
    authToken,
    numbers: [`whatsapp:${ours}`],
    hookUrl,
    callHook: async (request) => channel?.webhook?.(request),
  });
  const account = { accountSid, authToken, from: ours, apiUrl: fake.url };
  const options = optionsSchema.parse({ transport: "twilio", ...account, ...extra });
  return {
    fake,
    disk,
    create(isListening) {
      if (channel !== undefined) ahead += 60_000;
      return (channel = createChannel(
        createChannelContext(options, { name: "wa", disk, hookUrl, now: () => Date.now() + ahead, isListening }),
        { refusedMs },
      ));
    },
    advance: (ms) => void (ahead += ms),
    async close() {
      await fake.stop();
      await disk.remove();
    },
  };
}
