import { afterEach, expect } from "vitest";
import { optionsSchema } from "../../../channels/discord/config.ts";
import { createChannel } from "../../../channels/discord/index.ts";
import type { Channel } from "../../../src/core/channel.ts";
import type { Address } from "../../../src/core/message.ts";
import {
  createChannelContext,
  createRecordingSink,
  createTestDisk,
  type RecordingSink,
  type TestContextSettings,
  type TestDisk,
} from "../../doubles/channel-context.ts";
import { createFakeDiscord, type FakeDiscord } from "../../doubles/fake-discord.ts";

export interface Running {
  readonly channel: Channel;
  readonly sink: RecordingSink;
  /** Rejects with what start() rejects with. */
  readonly ended: Promise<void>;
  end(): Promise<void>;
  /** As kill -9: nothing more is written, nothing more is heard. */
  kill(): Promise<void>;
}

export interface Scene {
  readonly fake: FakeDiscord;
  readonly disk: TestDisk;
  readonly direct: Address;
  create(settings?: TestContextSettings, options?: object): Channel;
  /** Starts an adapter and waits until it is up. */
  run(sink?: RecordingSink, options?: object): Promise<Running>;
}

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Everything made in it is stopped after the test, and no body may have been against Discord's document. */
export async function createScene(settings: { readonly heartbeatMs?: number } = {}): Promise<Scene> {
  const fake = await createFakeDiscord(settings);
  const disk = createTestDisk();
  cleanups.push(async () => {
    await fake.stop();
    await disk.remove();
    expect(fake.routes.faults).toEqual([]);
  });

  function create(context: TestContextSettings = {}, options: object = {}): Channel {
    const parsed = optionsSchema.parse({ token: fake.token, restUrl: fake.url, ...options });
    return createChannel(createChannelContext(parsed, { name: "disc", disk, ...context }));
  }

  return {
    fake,
    disk,
    direct: { channel: "disc", chat: fake.world.direct },
    create,
    async run(sink = createRecordingSink(), options = {}) {
      let isDead = false;
      // What a killed process would still have written or handed over goes nowhere.
      const state = {
        get: disk.state.get,
        set: async (key: string, value: string) => (isDead ? undefined : disk.state.set(key, value)),
      };
      const channel = create({ disk: { ...disk, state } }, options);
      const stop = new AbortController();
      sink.states.length = 0;
      const guarded: RecordingSink = {
        ...sink,
        receive: (message) => (isDead ? new Promise(() => undefined) : sink.receive(message)),
      };
      const ended = channel.start(guarded, stop.signal);
      ended.catch(() => undefined);
      const end = async (): Promise<void> => {
        stop.abort();
        await ended.catch(() => undefined);
      };
      cleanups.push(end);
      await Promise.race([sink.waitForState("up"), ended]);
      return {
        channel,
        sink,
        ended,
        end,
        async kill() {
          isDead = true;
          fake.gateway.drop("cut");
          stop.abort();
        },
      };
    },
  };
}
