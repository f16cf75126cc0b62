import type { Channel } from "../../../src/core/channel.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createChannel, optionsSchema } from "../../../channels/imessage/index.ts";
import { refusedMs } from "../../contracts/channel-harness.ts";
import { createChannelContext, createTestDisk, type TestDisk } from "../../doubles/channel-context.ts";
import { createFakeMac, type FakeMac } from "../../doubles/fake-mac.ts";
import { createFakeBlueBubbles, type FakeBlueBubbles, type FakeBlueSettings } from "../../doubles/fake-bluebubbles.ts";

export const ada = "+15550100042";
export const ours = "+15550100100";
export const hookUrl = "https://parlance.example.org/hooks/imessage";
export const secret = "a-secret-of-ours-1234";
export const password = "blue-password";
export const group = "any;+;chat1234567890";

export interface BlueSetup {
  readonly fake: FakeBlueBubbles;
  readonly disk: TestDisk;
  /** What was logged at info and above. */
  readonly logged: { readonly fields: object; readonly words: string }[];
  /** A new adapter over the same state; the hook calls the last one. A restart takes two minutes. */
  create(extra?: Readonly<Record<string, unknown>>, isListening?: () => boolean): Channel;
  advance(ms: number): void;
  close(): Promise<void>;
}

export async function createBlue(
  extra: Readonly<Record<string, unknown>> = {},
  settings: Partial<FakeBlueSettings> = {},
): Promise<BlueSetup> {
  let channel: Channel | undefined;
  let ahead = 0;
  const disk = createTestDisk();
  const fake = await createFakeBlueBubbles({
    password,
    callHook: async (request) => channel?.webhook?.(request),
    ...settings,
  });
  const logged: BlueSetup["logged"] = [];
  const note = (fields: object, words: string): void => void logged.push({ fields, words });
  const log = { ...silentLogger, info: note, warn: note, error: note };
  return {
    fake,
    disk,
    logged,
    create(more = {}, isListening) {
      if (channel !== undefined) ahead += 120_000;
      const options = optionsSchema.parse({
        serverUrl: fake.url,
        password,
        webhookSecret: secret,
        addresses: ["+1 (555) 010-0100"],
        ...extra,
        ...more,
      });
      const now = (): number => Date.now() + ahead;
      const context = createChannelContext(options, { name: "imessage", disk, hookUrl, now, isListening });
      return (channel = createChannel({ ...context, log }, { refusedMs }));
    },
    advance: (ms) => void (ahead += ms),
    async close() {
      await fake.stop();
      await disk.remove();
    },
  };
}

export interface MacSetup {
  readonly mac: FakeMac;
  readonly disk: TestDisk;
  /** A new adapter over the same state. A restart takes two minutes. */
  create(extra?: Readonly<Record<string, unknown>>, isListening?: () => boolean): Channel;
  close(): Promise<void>;
}

export async function createMac(settings: { readonly isOld?: boolean } = {}): Promise<MacSetup> {
  const disk = createTestDisk();
  const mac = await createFakeMac(settings);
  let ahead = 0;
  let isFirst = true;
  return {
    mac,
    disk,
    create(more = {}, isListening) {
      if (!isFirst) ahead += 120_000;
      isFirst = false;
      const options = optionsSchema.parse({
        transport: "osascript",
        chatDb: mac.chatDb,
        outboxFolder: mac.outboxFolder,
        pollSeconds: 0.05,
        names: ["parlance"],
        ...more,
      });
      const now = (): number => Date.now() + ahead;
      return createChannel(createChannelContext(options, { name: "imessage", disk, now, isListening }));
    },
    async close() {
      await mac.stop();
      await disk.remove();
    },
  };
}

/** A mention as Messages writes it down. */
export function formatMention(text: string, address: string): object {
  const attributes = { __kIMMessagePartAttributeName: 0, __kIMMentionConfirmedMention: address };
  return { text, attributedBody: [{ string: text, runs: [{ range: [0, text.length], attributes }] }] };
}
