import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createChannel, optionsSchema } from "../../../channels/irc/index.ts";
import type { Channel } from "../../../src/core/channel.ts";
import {
  createChannelContext,
  createRecordingSink,
  createSendContext,
  outbound,
  waitUntil,
  type RecordingSink,
} from "../../doubles/channel-context.ts";
import { connectRawClient, type RawClient } from "./raw-client.ts";
import { startIrcServer, type IrcServer } from "./start.ts";

const rooms = ["#test", "#ops", "#three", "#four"];
let server: IrcServer;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startIrcServer();
});
afterAll(() => server.stop());
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function startBot(options: object = {}): Promise<{
  readonly channel: Channel;
  readonly sink: RecordingSink;
  readonly stop: () => Promise<void>;
}> {
  const parsed = optionsSchema.parse({
    host: "127.0.0.1",
    port: server.port,
    tls: false,
    nick: "parlance",
    channels: rooms,
    linesPerSecond: 100,
    ...options,
  });
  const channel = createChannel(createChannelContext(parsed, { name: "irc" }), { joinDelayMs: 100, burstLines: 5 });
  const sink = createRecordingSink();
  const aborting = new AbortController();
  const ended = channel.start(sink, aborting.signal);
  const stop = async (): Promise<void> => {
    aborting.abort();
    await ended;
  };
  ends.push(stop);
  await sink.waitForState("up", 10_000);
  return { channel, sink, stop };
}

async function person(nick: string, joins: readonly string[]): Promise<RawClient> {
  const client = await connectRawClient(server.port, nick);
  ends.push(() => client.close());
  for (const room of joins) {
    client.write(`JOIN ${room}`);
    await client.waitFor(new RegExp(`^:${nick}!\\S+ JOIN :?${room}`));
  }
  return client;
}

/** Until the bot is in the room: it may be there already, or come later. */
async function botIsIn(client: RawClient, room: string): Promise<void> {
  const count = client.lines.length;
  for (let attempt = 0; attempt < 200; attempt += 1) {
    client.write(`NAMES ${room}`);
    await wait(50);
    if (
      client.lines
        .slice(count)
        .some((line) => line.includes(` 353 `) && line.includes(room) && /[ :@]parlance\b/.test(line))
    )
      return;
  }
  throw new Error(`the bot did not come to ${room}`);
}

const said = (client: RawClient, target: string): readonly string[] =>
  client.lines.flatMap((line) => new RegExp(`^:parlance!\\S+ PRIVMSG ${target} :(.*)$`, "i").exec(line)?.[1] ?? []);

describe("with a real ngircd", () => {
  it("talks in a room and privately", async () => {
    const ada = await person("ada", ["#test"]);
    const { channel, sink } = await startBot();
    await botIsIn(ada, "#test");
    ada.write("PRIVMSG #test :just talking");
    ada.write("PRIVMSG #test :Parlance: \x02what\x02 is up?");
    ada.write("PRIVMSG parlance :and between us, grüße");
    ada.write("NOTICE parlance :not for you");
    ada.write("PRIVMSG parlance :\x01VERSION\x01");
    ada.write("PRIVMSG parlance :end");
    const messages = await sink.waitFor(4);
    expect(messages.map(({ text, isGroup, isAddressed }) => [text, isGroup, isAddressed])).toEqual([
      ["just talking", true, false],
      ["what is up?", true, true],
      ["and between us, grüße", false, true],
      ["end", false, true],
    ]);
    expect(new Set(messages.map(({ sender }) => sender.id))).toEqual(new Set(["irc:host:~ada@127.0.0.1"]));
    expect(new Set(messages.map(({ id }) => id)).size).toBe(4);
    await channel.send(outbound(messages[1]!.address, "all **good**, grüße"), createSendContext());
    await channel.send(outbound(messages[2]!.address, "our secret"), createSendContext());
    await ada.waitFor(/our secret/);
    expect(said(ada, "#test")).toEqual(["all \x02good\x02, grüße"]);
    expect(said(ada, "ada")).toEqual(["our secret"]);
    expect(ada.lines.filter((line) => / NOTICE /.test(line) && line.startsWith(":parlance"))).toEqual([]);
  });

  it("delivers a long reply whole and in order", async () => {
    const ada = await person("ada", []);
    const { channel, sink } = await startBot();
    ada.write("PRIVMSG parlance :tell me everything");
    const [message] = await sink.waitFor(1);
    const words = Array.from({ length: 4_000 }, (_, index) => `${index}:日本語`);
    const context = createSendContext();
    const parts = await channel.send(outbound(message!.address, words.join(" "), {}), context);
    expect(context.recorded).toEqual(parts);
    await waitUntil(() => said(ada, "ada").length >= parts.length, 10_000);
    expect(said(ada, "ada")).toHaveLength(parts.length);
    const got = said(ada, "ada").join(" ").split(" ");
    const cutAt = said(ada, "ada").at(-1)?.startsWith("(cut here") === true ? got.indexOf("(cut") : got.length;
    expect(got.slice(0, cutAt)).toEqual(words.slice(0, cutAt));
    expect(cutAt).toBeGreaterThan(1_500);
  });

  it("loses no word of a reply within the limit of lines", async () => {
    const ada = await person("ada", []);
    const { channel, sink } = await startBot({ maxLines: 1_000, linesPerSecond: 500 });
    ada.write("PRIVMSG parlance :tell me everything");
    const [message] = await sink.waitFor(1);
    const words = Array.from({ length: 4_000 }, (_, index) => `${index}:日本語`);
    const parts = await channel.send(outbound(message!.address, words.join(" ")), createSendContext());
    await waitUntil(() => said(ada, "ada").length >= parts.length, 10_000);
    expect(said(ada, "ada").join(" ").split(" ")).toEqual(words);
  });

  it("knows that nobody of that name is there", async () => {
    const { channel } = await startBot();
    await expect(
      channel.send(outbound({ channel: "irc", chat: "nobody" }, "hi"), createSendContext()),
    ).rejects.toMatchObject({ code: "unreachable", retryAfterMs: 60_000 });
  });

  it("comes back when the server was killed, joins without a flood, and talks again", async () => {
    const { channel, sink } = await startBot();
    const before = await person("ada", ["#test"]);
    await botIsIn(before, "#four");
    await server.kill();
    await sink.waitForState("connecting");
    await expect(
      channel.send(outbound({ channel: "irc", chat: "#test" }, "hi"), createSendContext()),
    ).rejects.toMatchObject({ code: "unreachable" });
    await server.up();
    const ada = await person("ada", rooms);
    const joins = new Map<string, number>();
    const watch = setInterval(() => {
      for (const line of ada.lines) {
        const room = /^:parlance!\S+ JOIN :?(\S+)/.exec(line)?.[1];
        if (room !== undefined && !joins.has(room)) joins.set(room, performance.now());
      }
    }, 5);
    await sink.waitForState("up", 30_000);
    for (const room of rooms) await botIsIn(ada, room);
    clearInterval(watch);
    // Where Ada was first, she saw the bot come: one room at a time.
    const times = [...joins.values()];
    for (const [index, at] of times.slice(1).entries()) expect(at - times[index]!).toBeGreaterThan(60);
    ada.write("PRIVMSG #four :parlance, still there?");
    const message = (await sink.waitFor(1)).at(-1);
    expect(message).toMatchObject({
      text: "still there?",
      address: { channel: "irc", chat: "#four" },
    });
    await channel.send(outbound(message!.address, "yes"), createSendContext());
    await ada.waitFor(/^:parlance!\S+ PRIVMSG #four :yes/);
  });

  it("takes another nick while its own is held, and takes it back", async () => {
    const holder = await person("parlance", ["#test"]);
    const ada = await person("ada", ["#test"]);
    const { sink } = await startBot();
    await ada.waitFor(/^:parlance_!\S+ JOIN :?#test/);
    ada.write("PRIVMSG parlance_ :hello you");
    await sink.waitFor(1);
    await wait(200);
    holder.write("QUIT :free");
    await ada.waitFor(/^:parlance_!\S+ NICK :?parlance/);
  });

  it("says goodbye when it is stopped", async () => {
    const ada = await person("ada", ["#test"]);
    const { stop } = await startBot();
    await botIsIn(ada, "#test");
    const since = performance.now();
    await stop();
    expect(performance.now() - since).toBeLessThan(5_000);
    await ada.waitFor(/^:parlance!\S+ QUIT /);
  });
});
