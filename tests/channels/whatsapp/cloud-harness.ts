import type { Channel } from "../../../src/core/channel.ts";
import { createChannel, optionsSchema } from "../../../channels/whatsapp/index.ts";
import { refusedMs } from "../../contracts/channel-harness.ts";
import { createChannelContext, createTestDisk, type TestDisk } from "../../doubles/channel-context.ts";
import { createFakeWhatsApp, type FakeWhatsApp } from "../../doubles/fake-whatsapp.ts";

export const person = "15550100042";
export const displayNumber = "15550100100";
export const phoneNumberId = "106540352242922";
export const appSecret = "app-secret-of-the-test";
export const verifyToken = "verify-token-of-the-test";
export const token = "EAA-token-of-the-test";

export interface CloudSetup {
  readonly fake: FakeWhatsApp;
  readonly disk: TestDisk;
  /** A new adapter over the same state; the hook calls the last one. */
  create(isListening?: () => boolean): Channel;
  advance(ms: number): void;
  close(): Promise<void>;
}

export async function createCloud(extra: Readonly<Record<string, unknown>> = {}): Promise<CloudSetup> {
  let channel: Channel | undefined;
  let ahead = 0;
  const disk = createTestDisk();
  const fake = await createFakeWhatsApp({
    phoneNumberId,
    displayNumber,
    token,
    appSecret,
    callHook: async (request) => channel?.webhook?.(request),
  });
  const options = optionsSchema.parse({ graphUrl: fake.url, phoneNumberId, token, appSecret, verifyToken, ...extra });
  return {
    fake,
    disk,
    create: (isListening) =>
      (channel = createChannel(
        createChannelContext(options, { name: "wa", disk, now: () => Date.now() + ahead, isListening }),
        { refusedMs },
      )),
    advance: (ms) => void (ahead += ms),
    async close() {
      await fake.stop();
      await disk.remove();
    },
  };
}
