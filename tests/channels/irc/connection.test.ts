import { afterEach, describe, expect, it } from "vitest";
import { createChannel, optionsSchema, type Patience } from "../../../channels/irc/index.ts";
import type { Channel } from "../../../src/core/channel.ts";
import {
  createChannelContext,
  createRecordingSink,
  createSendContext,
  createTestDisk,
  outbound,
  waitUntil,
  type RecordingSink,
  type TestDisk,
} from "../../doubles/channel-context.ts";
import { createFakeServer, type FakeServer, type FakeServerOptions } from "./fake-server.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Running {
  readonly server: FakeServer;
  readonly channel: Channel;
  readonly sink: RecordingSink;
  readonly disk: TestDisk;
  /** Settles when the channel has stopped. */
  readonly ended: Promise<void>;
}

async function setUp(
  serverOptions: FakeServerOptions = {},
  options: object = {},
  disk: TestDisk = createTestDisk(),
  patience: Partial<Patience> = {},
): Promise<Running> {
  const server = await createFakeServer(serverOptions);
  const parsed = optionsSchema.parse({
    host: "127.0.0.1",
    port: server.port,
    tls: false,
    nick: "parlance",
    channels: ["#ops"],
    linesPerSecond: 1000,
    ...options,
  });
  const channel = createChannel(createChannelContext(parsed, { name: "irc", disk }), {
    joinDelayMs: 0,
    burstLines: 5,
    ...patience,
  });
  const sink = createRecordingSink();
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  ended.catch(() => undefined);
  ends.push(async () => {
    stop.abort();
    await ended.catch(() => undefined);
    await server.close();
  });
  return { server, channel, sink, disk, ended };
}

const written = (server: FakeServer, start: string): readonly string[] =>
  server.lines.map(({ line }) => line).filter((line) => line.startsWith(start));
const ada = ":ada!~ada@host.example.org";
const adaChat = { channel: "irc", chat: "ada!~ada@host.example.org" };

describe("people on IRC", () => {
  it("are known by their account when WHOIS tells it, asked once for many messages", async () => {
    const { server, sink, channel } = await setUp({ accounts: { ada: "Lovelace" } });
    await sink.waitForState("up");
    for (let count = 0; count < 5; count += 1) server.write(`${ada} PRIVMSG #ops :parlance: ${count}`);
    const messages = await sink.waitFor(5);
    expect(messages.map(({ text }) => text)).toEqual(["0", "1", "2", "3", "4"]);
    expect(new Set(messages.map(({ sender }) => sender.id))).toEqual(new Set(["irc:account:lovelace"]));
    expect(written(server, "WHOIS")).toHaveLength(1);
    server.write(`${ada} QUIT :bye`);
    server.write(`${ada} PRIVMSG parlance :back`);
    expect((await sink.waitFor(6))[5]?.address).toEqual({
      channel: "irc",
      chat: "account:lovelace",
    });
    expect(written(server, "WHOIS")).toHaveLength(2);
    expect(await channel.openDirect?.("irc:account:lovelace")).toEqual({
      channel: "irc",
      chat: "account:lovelace",
    });
  });

  it("are not asked about where the server names accounts itself", async () => {
    const { server, sink } = await setUp({
      caps: ["account-tag", "message-tags"],
      accounts: { ada: "wrong" },
    });
    await sink.waitForState("up");
    server.write(`@account=ada ${ada} PRIVMSG parlance :one`);
    server.write(`${ada} PRIVMSG parlance :two`);
    expect((await sink.waitFor(2)).map(({ sender }) => sender.id)).toEqual([
      "irc:account:ada",
      "irc:host:~ada@host.example.org",
    ]);
    expect(written(server, "WHOIS")).toHaveLength(0);
  });

  it("who come from elsewhere under the same nick get nothing that was meant for another", async () => {
    const { server, channel, sink } = await setUp({ absent: ["grace"] });
    await sink.waitForState("up");
    const send = (chat: string) => channel.send(outbound({ channel: "irc", chat }, "secret"), createSendContext());
    await expect(send("ada!~ada@elsewhere.example.org")).rejects.toMatchObject({
      code: "send-rejected",
    });
    await expect(send("account:ada")).rejects.toMatchObject({
      code: "unreachable",
      retryAfterMs: 60_000,
    });
    await expect(send("grace!~grace@host.example.org")).rejects.toMatchObject({
      code: "unreachable",
    });
    expect(server.delivered).toEqual([]);
    await send(adaChat.chat);
    expect(server.delivered).toEqual([{ target: "ada", text: "secret" }]);
  });

  it("are reached under the nick that they last used", async () => {
    const { server, channel, sink } = await setUp({
      accounts: { ada_away: "ada", ada: "somebody" },
    });
    await sink.waitForState("up");
    server.write(":ada_away!~ada_away@host.example.org PRIVMSG parlance :hi");
    const [message] = await sink.waitFor(1);
    await waitUntil(() => written(server, "WHOIS").length > 0);
    await channel.send(outbound(message!.address, "hello"), createSendContext());
    expect(server.delivered).toEqual([{ target: "ada_away", text: "hello" }]);
  });
});

describe("sending on IRC", () => {
  it("refuses what would do something else", async () => {
    const { channel, sink, server } = await setUp();
    await sink.waitForState("up");
    for (const chat of ["", "a b", "ada,grace", "#ops,#other", "#unknown", "ada\r\nQUIT", ":x"]) {
      await expect(channel.send(outbound({ channel: "irc", chat }, "hi"), createSendContext())).rejects.toMatchObject({
        code: "send-rejected",
      });
    }
    expect(written(server, "PRIVMSG")).toEqual([]);
  });

  it("knows what the server refused", async () => {
    const { channel, sink, server } = await setUp();
    await sink.waitForState("up");
    await waitUntil(() => written(server, "JOIN").length === 1);
    server.write(`${ada} PRIVMSG #ops :by now the answer to JOIN was read`);
    await sink.waitFor(1);
    server.refuse("#ops", "404");
    server.refuse("grace", "401");
    const context = createSendContext();
    await expect(channel.send(outbound({ channel: "irc", chat: "#ops" }, "hi"), context)).rejects.toMatchObject({
      code: "send-rejected",
    });
    await expect(channel.send(outbound({ channel: "irc", chat: "grace" }, "hi"), context)).rejects.toMatchObject({
      code: "unreachable",
      retryAfterMs: 60_000,
    });
    expect(context.recorded).toEqual([]);
  });

  it("records bursts as they are confirmed, and goes on behind them", async () => {
    const { channel, sink, server } = await setUp({}, {}, undefined, { burstLines: 3 });
    await sink.waitForState("up");
    const message = outbound(adaChat, Array.from({ length: 8 }, (_, index) => `- n${index}`).join("\n"));
    server.cut(4, false);
    const first = createSendContext();
    await expect(channel.send(message, first)).rejects.toMatchObject({
      code: "send-uncertain",
      retryAfterMs: undefined,
    });
    expect(first.recorded).toHaveLength(3);
    await sink.waitForState("connecting");
    await sink.waitForState("up");
    server.delivered.length = 0;
    const second = createSendContext(first.recorded);
    const parts = await channel.send(message, second);
    expect(parts).toHaveLength(8);
    expect(new Set(parts).size).toBe(8);
    expect(server.delivered.map(({ text }) => text)).toEqual(["• n3", "• n4", "• n5", "• n6", "• n7"]);
  });

  it("says that it is not connected, and when to try again", async () => {
    const { channel, sink, server } = await setUp();
    await sink.waitForState("up");
    server.drop();
    await sink.waitForState("connecting");
    await expect(channel.send(outbound(adaChat, "hi"), createSendContext())).rejects.toMatchObject({
      code: "unreachable",
      retryAfterMs: expect.any(Number),
    });
  });

  it("keeps the pace", async () => {
    const { channel, sink, server } = await setUp({}, { linesPerSecond: 20 }, undefined, { burstLines: 2 });
    await sink.waitForState("up");
    await channel.send(
      outbound(adaChat, Array.from({ length: 6 }, (_, index) => `- ${index}`).join("\n")),
      createSendContext(),
    );
    const times = server.lines.filter(({ line }) => line.startsWith("PRIVMSG")).map(({ at }) => at);
    expect(times).toHaveLength(6);
    // Four lines behind the burst, at 50 ms each, less what timers are off.
    expect(times[5]! - times[0]!).toBeGreaterThan(150);
  });
});

describe("staying on IRC", () => {
  it("comes back, joins one room after the other, and tells its health", async () => {
    const rooms = Array.from({ length: 5 }, (_, index) => `#room${index}`);
    const { server, sink } = await setUp({}, { channels: rooms }, undefined, { joinDelayMs: 40 });
    await waitUntil(() => written(server, "JOIN").length === 5);
    server.drop();
    await waitUntil(() => written(server, "JOIN").length === 10, 10_000);
    const times = server.lines
      .filter(({ line }) => line.startsWith("JOIN"))
      .slice(5)
      .map(({ at }) => at);
    for (const [index, at] of times.slice(1).entries()) expect(at - times[index]!).toBeGreaterThan(30);
    expect(sink.states.map(({ state }) => state)).toEqual(["connecting", "up", "connecting", "up"]);
    server.write(`${ada} PRIVMSG #room4 :parlance: still there?`);
    await sink.waitFor(1);
  });

  it("takes another nick, answers to its own, and takes it back when it is free", async () => {
    const { server, sink } = await setUp({ takenNicks: ["parlance", "parlance_"] });
    await sink.waitForState("up");
    expect(server.nick).toMatch(/^parlan\d{3}$/);
    server.write(`${ada} PRIVMSG #ops :parlance: hi`);
    expect((await sink.waitFor(1))[0]).toMatchObject({ text: "hi", isAddressed: true });
    server.freeNick("parlance");
    server.write(":parlance!x@y QUIT :gone");
    await waitUntil(() => server.nick === "parlance");
  });

  it("gives up on what waiting cannot mend, and says what to do", async () => {
    const { server, sink, ended } = await setUp({ refusesPassword: true }, { password: "wrong" });
    await expect(ended).rejects.toMatchObject({
      code: "unauthorised",
      hint: expect.stringContaining("password"),
    });
    expect(written(server, "PASS")).toEqual(["PASS wrong"]);
    expect(sink.states.at(-1)?.state).toBe("down");
  });

  it("does not go online without its account", async () => {
    const { server, ended, sink } = await setUp(
      { caps: ["sasl=PLAIN"] },
      { sasl: { account: "parlance", password: "p" } },
    );
    await waitUntil(() => written(server, "AUTHENTICATE").length === 1);
    server.write("AUTHENTICATE +");
    await waitUntil(() => written(server, "AUTHENTICATE").length === 2);
    expect(Buffer.from(written(server, "AUTHENTICATE")[1]!.split(" ")[1]!, "base64").toString()).toBe(
      "parlance\0parlance\0p",
    );
    server.write(":irc.test 904 * :SASL authentication failed");
    await expect(ended).rejects.toMatchObject({ code: "unauthorised" });
    expect(sink.states.map(({ state }) => state)).not.toContain("up");
  });

  it("holds messages until they are stored, in order", async () => {
    const { server, sink } = await setUp();
    await sink.waitForState("up");
    sink.failNext(2);
    for (const text of ["one", "two", "three"]) server.write(`${ada} PRIVMSG parlance :${text}`);
    expect((await sink.waitFor(3, 10_000)).map(({ text }) => text)).toEqual(["one", "two", "three"]);
    expect(sink.receivedIds).toHaveLength(5);
    expect(new Set(sink.receivedIds).size).toBe(3);
  });

  it("survives lines that no server should send", async () => {
    const { server, sink } = await setUp();
    await sink.waitForState("up");
    for (const line of [
      "",
      ":",
      "@",
      "@a",
      ":x!y@z PRIVMSG",
      "PRIVMSG",
      "CAP",
      "MODE",
      "BATCH",
      ":x NICK",
      ":x KICK",
      "433",
      "318",
      "311 a",
      "AUTHENTICATE",
      "005",
      "@time=never;msgid= :a!b@c JOIN",
    ])
      server.write(line);
    server.writeBytes(Buffer.from([0xff, 0xfe, 0, 1, 2, 10]));
    server.write(`${ada} PRIVMSG parlance :still here`);
    expect((await sink.waitFor(1))[0]?.text).toBe("still here");
    server.writeBytes(Buffer.alloc(100_000, "x"));
    await sink.waitForState("connecting");
    await sink.waitForState("up");
  });

  it("fetches what it missed where the server keeps it", async () => {
    const disk = createTestDisk();
    const { server, sink } = await setUp(
      { caps: ["draft/chathistory", "batch", "server-time", "message-tags"] },
      {},
      disk,
    );
    await waitUntil(() => written(server, "JOIN").length === 1);
    expect(written(server, "CHATHISTORY")).toEqual([]);
    server.write(`@time=2026-03-01T12:00:00.000Z;msgid=m1 ${ada} PRIVMSG #ops :one`);
    await waitUntil(() => disk.entries.get("seen:#ops") === "2026-03-01T12:00:00.000Z");
    server.drop();
    await waitUntil(() => written(server, "CHATHISTORY").length === 1, 10_000);
    expect(written(server, "CHATHISTORY")).toEqual(["CHATHISTORY AFTER #ops timestamp=2026-03-01T12:00:00.000Z 100"]);
    server.write("BATCH +h chathistory #ops");
    server.write(`@batch=h;time=2026-03-01T12:00:00.000Z;msgid=m1 ${ada} PRIVMSG #ops :one`);
    server.write(`@batch=h;time=2026-03-01T12:01:00.000Z;msgid=m2 ${ada} PRIVMSG #ops :two`);
    server.write("BATCH -h");
    expect((await sink.waitFor(2)).map(({ id, text }) => [id, text])).toEqual([
      ["m1", "one"],
      ["m2", "two"],
    ]);
    expect(sink.receivedIds).toEqual(["m1", "m1", "m2"]);
  });
});
