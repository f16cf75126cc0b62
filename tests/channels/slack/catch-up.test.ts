import { describe, expect, it } from "vitest";
import { createRecordingSink, createTestDisk, waitUntil, type RecordingSink } from "../../doubles/channel-context.ts";
import { createWorkspaces } from "./workspace.ts";

const texts = (sink: RecordingSink): readonly string[] => sink.messages.map(({ text }) => text);

describe("what was missed in Slack", () => {
  const { run, fakeSlack } = createWorkspaces();

  it("is read from channels, threads, new threads and new chats, in order", async () => {
    const first = await run();
    const { fake, disk, sink } = first;
    const head = first.say({ chat: "C0OPS", text: `<@${fake.bot.userId}> open a thread` });
    first.say({ text: "hi" });
    await sink.waitFor(2);
    await waitUntil(() => ["C0OPS", "D0ADA"].every((chat) => disk.entries.get("cursors")?.includes(`["${chat}"`)));
    await first.end();
    const count = sink.receivedIds.length;
    fake.write({ chat: "C0OPS", text: "in the channel" });
    fake.write({ chat: "C0OPS", thread: head, text: "in the old thread" });
    const fresh = fake.write({ chat: "C0OPS", text: `<@${fake.bot.userId}> a new thread` }).message.ts;
    fake.write({ chat: "C0OPS", thread: fresh, text: "in the new thread" });
    fake.write({ chat: "C0OPS", user: fake.bot.userId, text: "our own", extra: { bot_id: fake.bot.botId } });
    fake.write({ text: "directly" });
    fake.store.chats.set("D0BOB", { id: "D0BOB", isMember: true, user: "U0BOB" });
    fake.write({ chat: "D0BOB", user: "U0BOB", text: "the very first" });
    await run({ fake, disk, sink });
    await sink.waitFor(8);
    const inOps = sink.messages.slice(2).filter(({ address }) => address.chat === "C0OPS");
    expect(inOps.map(({ text }) => text)).toEqual([
      "in the channel",
      "in the old thread",
      "a new thread",
      "in the new thread",
    ]);
    expect(inOps[1]).toMatchObject({ isAddressed: true, address: { thread: head } });
    expect(inOps[3]).toMatchObject({ isAddressed: true, address: { thread: fresh } });
    expect(texts(sink)).toEqual(expect.arrayContaining(["directly", "the very first"]));
    expect(sink.receivedIds.slice(count)).toHaveLength(6);
  });

  it("leaves alone what lies before the very first start", async () => {
    const fake = await fakeSlack();
    fake.write({ text: "long ago" });
    const { say, sink } = await run({ fake });
    say({ text: "now" });
    await sink.waitFor(1);
    await waitUntil(() => (fake.calls.get("conversations.history") ?? 0) >= 2);
    expect(texts(sink)).toEqual(["now"]);
  });

  it("is told in order in a conversation that is new, though our clock and Slack's differ", async () => {
    const fake = await fakeSlack();
    // Until Slack has said which conversations are ours, each is read before what is said live in it.
    const listed = Promise.withResolvers<void>();
    fake.failNext("users.conversations", { until: listed.promise });
    const startedAt = Date.now() + 100;
    const { tell, sink } = await run({ fake, now: () => startedAt });
    const { event: first } = fake.write({ text: "first" });
    await waitUntil(() => Date.now() > startedAt);
    const { event: second } = fake.write({ text: "second" });
    tell(first);
    tell(second);
    await sink.waitFor(2);
    listed.resolve();
    expect(texts(sink)).toEqual(["first", "second"]);
  });

  it("comes before what is said live", async () => {
    const first = await run();
    const { fake, disk, sink } = first;
    first.say({ text: "one" });
    await sink.waitFor(1);
    await first.end();
    for (const text of ["two", "three", "four"]) fake.write({ text });
    const again = await run({ fake, disk, sink });
    again.say({ text: "five" });
    await sink.waitFor(5);
    expect(texts(sink)).toEqual(["one", "two", "three", "four", "five"]);
  });

  it("is read later where Slack asks to wait, and nothing of it is skipped", async () => {
    const first = await run();
    const { fake, disk, sink } = first;
    first.say({ text: "one" });
    await sink.waitFor(1);
    await first.end();
    fake.write({ text: "two" });
    fake.failNext("conversations.history", "429", { retryAfterS: 0.3 });
    const again = await run({ fake, disk, sink });
    await waitUntil(() => (fake.calls.get("conversations.history") ?? 0) > 0);
    again.say({ text: "three" });
    await sink.waitFor(3, 10_000);
    expect(texts(sink).toSorted()).toEqual(["one", "three", "two"]);
  });

  it("holds what could not be stored, even when Slack gives up", async () => {
    const fake = await fakeSlack({ repeatMs: 3_600_000 });
    const { say, sink } = await run({ fake });
    say({ text: "one" });
    await sink.waitFor(1);
    sink.failNext(1);
    say({ text: "two" });
    await waitUntil(() => sink.receivedIds.length >= 2);
    say({ text: "three" });
    await sink.waitFor(3, 10_000);
    expect(texts(sink)).toEqual(["one", "two", "three"]);
  });

  it("moves no cursor before it is stored", async () => {
    const disk = createTestDisk();
    const { fake, say, sink } = await run({ disk });
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = sink.receive;
    Object.assign(sink, {
      receive: async (message: Parameters<typeof slow>[0]) => {
        await held;
        return slow(message);
      },
    });
    const ts = say({ text: "one" });
    await new Promise((resolve) => void setTimeout(resolve, 50));
    expect(disk.entries.get("cursors")).not.toContain(ts);
    release();
    await waitUntil(() => fake.socket.acknowledged.size === 1);
    // A new conversation is kept at once: nobody would look there after a crash.
    expect(disk.entries.get("cursors")).toContain(ts);
    expect(texts(sink)).toEqual(["one"]);
  });

  it("is bounded, and told where it is more", async () => {
    const first = await run();
    const { fake, disk, sink } = first;
    first.say({ text: "one" });
    await sink.waitFor(1);
    await first.end();
    for (let index = 0; index < 1_300; index += 1) fake.write({ text: `missed ${index}` });
    const quiet = createRecordingSink();
    await run({ fake, disk, sink: quiet });
    await quiet.waitFor(1_000, 15_000);
    await new Promise((resolve) => void setTimeout(resolve, 100));
    expect(quiet.messages).toHaveLength(1_000);
    expect(quiet.messages.at(-1)?.text).toBe("missed 1299");
  });

  it("skips a channel that the app has left", async () => {
    const first = await run();
    const { fake, disk, sink } = first;
    first.say({ chat: "C0OPS", text: "one" });
    await sink.waitFor(1);
    await first.end();
    const ops = fake.store.chats.get("C0OPS");
    if (ops !== undefined) ops.isMember = false;
    fake.write({ text: "direct" });
    await run({ fake, disk, sink });
    await sink.waitFor(2);
    expect(texts(sink)).toEqual(["one", "direct"]);
  });
});
