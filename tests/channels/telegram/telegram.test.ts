import { afterEach, describe, expect, it } from "vitest";
import type { Channel } from "../../../src/core/channel.ts";
import type { InboundMessage } from "../../../src/core/message.ts";
import { optionsSchema } from "../../../channels/telegram/config.ts";
import { createChannel } from "../../../channels/telegram/index.ts";
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
import { createFakeTelegram, type FakeTelegram } from "../../doubles/fake-telegram.ts";

const token = "123456:test-token";
const direct = { channel: "test", chat: "42" };

describe("telegram", () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  async function fakeTelegram(): Promise<FakeTelegram> {
    const fake = await createFakeTelegram({ token });
    cleanups.push(() => fake.stop());
    return fake;
  }

  function create(fake: FakeTelegram, disk: TestDisk = createTestDisk(), extra: object = {}): Channel {
    cleanups.push(() => disk.remove());
    return createChannel(
      createChannelContext(optionsSchema.parse({ token, apiRoot: fake.url, pollSeconds: 20, ...extra }), { disk }),
    );
  }

  async function run(channel: Channel, sink: RecordingSink): Promise<() => Promise<void>> {
    const stop = new AbortController();
    const ended = channel.start(sink, stop.signal);
    const end = async (): Promise<void> => {
      stop.abort();
      await ended;
    };
    cleanups.push(end);
    await sink.waitForState("up");
    return end;
  }

  it("confirms nothing before it is stored, and keeps the offset over a restart", async () => {
    const fake = await fakeTelegram();
    const disk = createTestDisk();
    let release: () => void = () => undefined;
    const sink = createRecordingSink();
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow: RecordingSink = {
      ...sink,
      receive: async (message) => {
        await held;
        return sink.receive(message);
      },
    };
    const end = await run(create(fake, disk), slow);
    const update = fake.say({ text: "one" });
    await waitUntil(() => (fake.calls.get("getUpdates") ?? 0) >= 1);
    expect(disk.entries.get("offset")).toBeUndefined();
    expect(fake.pending()).toBe(1);
    release();
    await waitUntil(() => fake.pending() === 0);
    expect(disk.entries.get("offset")).toContain(`"next":${update.update_id + 1},`);
    await end();
    await run(create(fake, disk), sink);
    await waitUntil(
      () => (fake.lastCalls.get("getUpdates")?.["offset"] as number | undefined) === update.update_id + 1,
    );
  });

  it("handles chats side by side and each chat in order, and stops a chat at what could not be stored", async () => {
    const fake = await fakeTelegram();
    const sink = createRecordingSink();
    const seen: string[] = [];
    let running = 0;
    let most = 0;
    let faults = 1;
    const picky: RecordingSink = {
      ...sink,
      receive: async (message: InboundMessage) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => void setTimeout(resolve, 5));
        running -= 1;
        if (message.text === "7.2" && faults > 0) {
          faults -= 1;
          throw new Error("the database is away");
        }
        seen.push(message.text);
        return "accepted";
      },
    };
    for (let index = 1; index <= 4; index += 1)
      for (const from of [7, 8, 9]) fake.say({ from, text: `${from}.${index}` });
    await run(create(fake), picky);
    await waitUntil(() => fake.pending() === 0);
    expect(most).toBe(3);
    // 8 and 9 may come twice, which the inbox knows by the id; what matters is the order within 7.
    expect(seen.filter((text) => text.startsWith("7."))).toEqual(["7.1", "7.2", "7.3", "7.4"]);
    expect(new Set(seen).size).toBe(12);
  });

  it("does not use an offset that is older than Telegram's ids are stable", async () => {
    const fake = await fakeTelegram();
    const disk = createTestDisk();
    await disk.state.set("offset", JSON.stringify({ next: 999_999_999, at: Date.now() - 7 * 24 * 3_600_000 }));
    fake.say({ text: "after a quiet week" });
    const sink = createRecordingSink();
    await run(create(fake, disk), sink);
    expect(await sink.waitFor(1)).toHaveLength(1);
  });

  it("gives up on a bad token, and waits out another poller", async () => {
    const fake = await fakeTelegram();
    const wrong = createChannel(
      createChannelContext(optionsSchema.parse({ token: "123456:wrong", apiRoot: fake.url })),
    );
    const sink = createRecordingSink();
    await expect(wrong.start(sink, new AbortController().signal)).rejects.toMatchObject({
      code: "unauthorised",
    });
    expect(sink.states.at(-1)?.state).toBe("down");

    const first = createRecordingSink();
    await run(create(fake), first);
    await waitUntil(() => (fake.calls.get("getUpdates") ?? 0) >= 1);
    const second = createRecordingSink();
    await run(create(fake), second);
    await first.waitForState("connecting");
    expect(first.states.at(-1)).toEqual({
      state: "connecting",
      reason: "Somebody else is receiving with this bot token.",
    });
  });

  it("comes back by itself when Telegram fails", async () => {
    const fake = await fakeTelegram();
    fake.failNext("getUpdates", "500");
    const sink = createRecordingSink();
    await run(create(fake), sink);
    fake.say({ text: "still there?" });
    await sink.waitFor(1, 10_000);
    expect(sink.states.map(({ state }) => state)).toEqual(["connecting", "up", "connecting", "up"]);
  });

  it("remarks on a file that bots cannot fetch, instead of losing the message", async () => {
    const fake = await fakeTelegram();
    const sink = createRecordingSink();
    await run(create(fake), sink);
    fake.say({
      text: "see",
      extra: {
        document: {
          file_id: "x",
          file_unique_id: "x",
          file_name: "film.mkv",
          file_size: 900_000_000,
        },
      },
    });
    fake.say({
      text: "and",
      extra: {
        document: { file_id: "gone", file_unique_id: "y", file_name: "old.txt", file_size: 9 },
      },
    });
    fake.say({ file: { name: "large.bin", content: new Uint8Array(2_000_000) } });
    const texts = (await sink.waitFor(3)).map(({ text }) => text);
    expect(texts[0]).toBe("see\n\n[The file film.mkv could not be kept: bots can fetch at most 20 MB.]");
    expect(texts[1]).toContain("and\n\n[The file old.txt could not be kept: ");
    expect(texts[2]).toBe("[The file large.bin could not be kept: it is too large.]");
  });

  it("answers presses, tells stale buttons, and never hands over a digest", async () => {
    const fake = await fakeTelegram();
    const disk = createTestDisk();
    const channel = create(fake, disk);
    const sink = createRecordingSink();
    await run(channel, sink);
    const command = `/run ${"x".repeat(100)}`;
    await channel.send(outbound(direct, "Run?", { choices: [{ label: "Run", command }] }), createSendContext());
    fake.press("Run");
    expect((await sink.waitFor(1))[0]?.text).toBe(command);
    await waitUntil(() => fake.calls.get("answerCallbackQuery") === 1);
    (disk.entries as Map<string, string>).clear();
    fake.press("Run");
    await waitUntil(() => fake.calls.get("answerCallbackQuery") === 2);
    expect(fake.lastCalls.get("answerCallbackQuery")).toMatchObject({
      text: "This button is too old.",
    });
    expect(sink.receivedIds).toHaveLength(1);
  });

  it("shows pictures as photos, names files safely, answers the message meant", async () => {
    const fake = await fakeTelegram();
    const disk = createTestDisk();
    const channel = create(fake, disk);
    fake.say({ text: "hi" });
    const save = (name: string, bytes: string): ReturnType<typeof disk.files.save> =>
      disk.files.save([Buffer.from(bytes, "hex")] as never, { name });
    const attachments = [await save("a.png", "89504e470d0a1a0a"), await save('odd"\r\nX: 1.bin', "0001")];
    const ids = await channel.send(
      outbound(direct, "two files", { attachments, replyToId: "42:501" }),
      createSendContext(),
    );
    expect(ids).toHaveLength(3);
    expect(fake.sent.map(({ file, replyToId }) => [file?.field, file?.name, replyToId])).toEqual([
      [undefined, undefined, 501],
      ["photo", "a.png", undefined],
      ["document", "odd___X: 1.bin", undefined],
    ]);
  });

  it("knows the wait of one chat without asking again, and lets other chats go on", async () => {
    const fake = await fakeTelegram();
    const channel = create(fake);
    fake.failNext("sendMessage", "429", { retryAfterS: 30 });
    await expect(channel.send(outbound(direct, "a"), createSendContext())).rejects.toMatchObject({
      code: "rate-limited",
      retryAfterMs: 30_000,
    });
    const again = channel.send(outbound(direct, "a"), createSendContext());
    await expect(again).rejects.toMatchObject({ code: "rate-limited" });
    await channel.send(outbound({ channel: "test", chat: "43" }, "b"), createSendContext());
    expect(fake.calls.get("sendMessage")).toBe(2);
  });

  it("refuses for good what Telegram refuses, without telling the token", async () => {
    const fake = await fakeTelegram();
    const error: unknown = await create(fake)
      .send(outbound({ channel: "test", chat: "0" }, "x"), createSendContext())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "send-rejected",
      retryAfterMs: undefined,
      message: "Telegram answered 400: Bad Request: chat not found.",
    });
    expect(JSON.stringify(error)).not.toContain("test-token");
    const unreached: unknown = await create({ ...fake, url: "http://127.0.0.1:1" })
      .send(outbound(direct, "x"), createSendContext())
      .catch((thrown: unknown) => thrown);
    expect(unreached).toMatchObject({ code: "unreachable", retryAfterMs: 1_000 });
    expect(String(unreached)).not.toContain("test-token");
  });
});
