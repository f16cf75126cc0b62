import type { Channel } from "../../../src/core/channel.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createChannel, optionsSchema } from "../../../channels/sms/index.ts";
import { refusedMs } from "../../contracts/channel-harness.ts";
import { createChannelContext, createTestDisk, type TestDisk } from "../../doubles/channel-context.ts";
import { createFakeTwilio, type FakeTwilio } from "../../doubles/fake-twilio.ts";

export const ours = "+15550100100";
export const person = "+15550100042";
export const hookUrl = "https://parlance.example.org/hooks/text";
export const accountSid = `AC${"0".repeat(32)}`;
export const authToken = "auth-token-of-the-test";

export interface SmsSetup {
  readonly fake: FakeTwilio;
  readonly disk: TestDisk;
  /** A new adapter over the same state; the hook calls the last one. */
  create(extra?: Readonly<Record<string, unknown>>, isListening?: () => boolean): Channel;
  /** How far the adapter's clock is ahead: each restart takes a minute. */
  advance(ms: number): void;
  /** What was logged at info and above. */
  readonly logged: { readonly fields: Record<string, unknown>; readonly words: string }[];
  close(): Promise<void>;
}

export async function createSms(extra: Readonly<Record<string, unknown>> = {}): Promise<SmsSetup> {
  let channel: Channel | undefined;
  let ahead = 0;
  const disk = createTestDisk();
  const fake = await createFakeTwilio({
    accountSid,
    authToken,
    numbers: [ours],
    hookUrl,
    callHook: async (request) => channel?.webhook?.(request),
  });
  const logged: SmsSetup["logged"] = [];
  const note = (fields: object, words: string): void => void logged.push({ fields: { ...fields }, words });
  const log = { ...silentLogger, info: note, warn: note, error: note };
  return {
    fake,
    logged,
    disk,
    create(more = {}, isListening) {
      if (channel !== undefined) ahead += 60_000;
      const given = { accountSid, authToken, from: ours, apiUrl: fake.url, ...extra, ...more };
      const options = optionsSchema.parse(given);
      const now = (): number => Date.now() + ahead;
      const context = createChannelContext(options, { name: "text", disk, hookUrl, now, isListening });
      return (channel = createChannel({ ...context, log }, { refusedMs }));
    },
    advance: (ms) => void (ahead += ms),
    async close() {
      await fake.stop();
      await disk.remove();
    },
  };
}
