import { afterEach } from "vitest";
import { optionsSchema } from "../../../channels/slack/config.ts";
import { createChannel } from "../../../channels/slack/index.ts";
import type { Channel } from "../../../src/core/channel.ts";
import {
  createChannelContext,
  createRecordingSink,
  createTestDisk,
  type RecordingSink,
  type TestDisk,
} from "../../doubles/channel-context.ts";
import { createFakeSlack, type FakeSaying, type FakeSlack, type FakeSlackSettings } from "../../doubles/fake-slack.ts";
import { appToken, botToken } from "./harness.ts";

export interface Running {
  readonly fake: FakeSlack;
  readonly channel: Channel;
  readonly sink: RecordingSink;
  readonly disk: TestDisk;
  /** Somebody writes, and Slack tells it. */
  say(saying: FakeSaying): string;
  /** Slack tells an event. */
  tell(event: object): void;
  end(): Promise<void>;
}

export interface RunSettings {
  readonly fake?: FakeSlack;
  readonly disk?: TestDisk;
  readonly sink?: RecordingSink;
  readonly name?: string;
  readonly options?: object;
  /** Our clock; this machine's, which is the fake's too, if left out. */
  readonly now?: () => number;
}

/** Workspaces and adapters that are stopped after each test of a file. */
export function createWorkspaces(): {
  fakeSlack(settings?: Partial<FakeSlackSettings>): Promise<FakeSlack>;
  run(settings?: RunSettings): Promise<Running>;
  create(fake: FakeSlack, settings?: RunSettings): { channel: Channel; disk: TestDisk };
  later(cleanup: () => Promise<unknown>): void;
} {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  async function fakeSlack(settings: Partial<FakeSlackSettings> = {}): Promise<FakeSlack> {
    const fake = await createFakeSlack({ botToken, appToken, ...settings });
    cleanups.push(() => fake.stop());
    return fake;
  }

  function create(fake: FakeSlack, settings: RunSettings = {}): { channel: Channel; disk: TestDisk } {
    const disk = settings.disk ?? createTestDisk();
    cleanups.push(() => disk.remove());
    const options = optionsSchema.parse({ botToken, appToken, slackApiUrl: fake.url, ...settings.options });
    const { name = "slack", now = Date.now } = settings;
    return { disk, channel: createChannel(createChannelContext(options, { name, disk, now })) };
  }

  async function run(settings: RunSettings = {}): Promise<Running> {
    const fake = settings.fake ?? (await fakeSlack());
    const { channel, disk } = create(fake, settings);
    const sink = settings.sink ?? createRecordingSink();
    sink.states.length = 0;
    const stop = new AbortController();
    const ended = channel.start(sink, stop.signal);
    const end = async (): Promise<void> => {
      stop.abort();
      await ended.catch(() => undefined);
    };
    cleanups.push(end);
    await sink.waitForState("up");
    const tell = (event: object): void => fake.socket.send(fake.envelope("events_api", fake.wrap(event)));
    const say = (saying: FakeSaying): string => {
      const { message, event } = fake.write(saying);
      tell(event);
      return message.ts;
    };
    return { fake, channel, sink, disk, say, tell, end };
  }

  return { fakeSlack, run, create, later: (cleanup) => void cleanups.push(cleanup) };
}
