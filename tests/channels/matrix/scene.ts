import type { Channel, ChannelState } from "../../../src/core/channel.ts";
import { createChannel, optionsSchema } from "../../../channels/matrix/index.ts";
import { refusedMs } from "../../contracts/channel-harness.ts";
import {
  createChannelContext,
  createRecordingSink,
  createTestDisk,
  type RecordingSink,
  type TestDisk,
} from "../../doubles/channel-context.ts";
import { createRunningClock, type FakeClock } from "../../doubles/fake-clock.ts";
import { createFakeMatrix, type FakeMatrix } from "../../doubles/fake-matrix.ts";
import type { Device, StoredEvent } from "../../doubles/fake-matrix-store.ts";

export const ada = "@ada:example.org";
export const bob = "@bob:example.org";
export const bot = "@bot:example.org";

export interface Scene {
  readonly fake: FakeMatrix;
  readonly disk: TestDisk;
  readonly clock: FakeClock;
  readonly device: Device;
  /** Two are there: Ada and the bot. */
  readonly direct: string;
  /** Bob is there, too. */
  readonly group: string;
  create(options?: object, state?: ChannelState, isListening?: () => boolean): Channel;
  /** Starts an adapter; `end` stops it. */
  run(options?: object, sink?: RecordingSink): Promise<Running>;
  say(text: string, extra?: { readonly room?: string; readonly from?: string; readonly content?: object }): StoredEvent;
  /** What the bot wrote in a room, by kind of event. */
  sent(type?: string): readonly StoredEvent[];
  close(): Promise<void>;
}

export interface Running {
  readonly channel: Channel;
  readonly sink: RecordingSink;
  end(): Promise<void>;
}

/** A homeserver with Ada, Bob and the bot, in a direct chat and in a group. */
export async function createScene(): Promise<Scene> {
  const fake = await createFakeMatrix();
  const disk = createTestDisk();
  const clock = createRunningClock();
  const { store } = fake;
  store.names.set(ada, "Ada");
  store.names.set(bot, "Helper");
  const device = store.addDevice(bot, "BOTDEVICE");
  const direct = store.createRoom(ada, [], [bot], true).id;
  const group = store.createRoom(ada, [{ type: "m.room.name", content: { name: "Kitchen" } }], [bot, bob]).id;
  for (const room of [direct, group]) store.setMembership(room, bot, "join");
  store.setMembership(group, bob, "join");
  const endings: (() => Promise<void>)[] = [];

  const create: Scene["create"] = (options = {}, state = disk.state, isListening) => {
    const given = { homeserverUrl: fake.url, userId: bot, accessToken: device.token, ...options };
    return createChannel(
      createChannelContext(optionsSchema.parse(given), {
        name: "mx",
        disk: { ...disk, state },
        now: clock.now,
        isListening,
      }),
      { refusedMs },
    );
  };

  return {
    fake,
    disk,
    clock,
    device,
    direct,
    group,
    create,
    async run(options, sink = createRecordingSink()) {
      const channel = create(options);
      const stop = new AbortController();
      sink.states.length = 0;
      const ended = channel.start(sink, stop.signal);
      const end = async (): Promise<void> => {
        stop.abort();
        await ended.catch(() => undefined);
      };
      endings.push(end);
      await Promise.race([
        sink.waitForState("up"),
        ended.then(() => Promise.reject(new Error("start() ended without an abort"))),
      ]);
      return { channel, sink, end };
    },
    say(text, { room = direct, from = ada, content = {} } = {}) {
      return store.addEvent(room, {
        type: "m.room.message",
        sender: from,
        content: { msgtype: "m.text", body: text, ...content },
      });
    },
    sent: (type = "m.room.message") =>
      [...store.rooms.values()]
        .flatMap(({ events }) => events)
        .filter((event) => event.sender === bot && event.type === type)
        .toSorted((a, b) => a.position - b.position),
    async close() {
      for (const end of endings) await end();
      await fake.stop();
      await disk.remove();
    },
  };
}
