import { afterEach, describe, expect, it } from "vitest";
import type { Channel } from "../../../src/core/channel.ts";
import { AppError } from "../../../src/core/errors.ts";
import type { Address } from "../../../src/core/message.ts";
import { setup } from "../../../channels/signal/setup.ts";
import { failure } from "../../contracts/channel-harness.ts";
import {
  createRecordingSink,
  createSendContext,
  outbound,
  waitUntil,
  type RecordingSink,
} from "../../doubles/channel-context.ts";
import { createBrokenEndpoint } from "../../e2e/broken-endpoints.ts";
import type { FakeSignalSettings } from "../../doubles/fake-signal.ts";
import { ada, bob, createSignal, formatEnvelope, groupId, ours, type SignalSetup } from "./harness.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const other = { number: "+15550100200", aci: "0ddba115-3f52-4c1e-9d2a-6a1f0c9e2b22" };
const toAda: Address = { channel: "signal", chat: ada };
const toGroup: Address = { channel: "signal", chat: `group.${groupId}` };

async function create(extra: object = {}, settings: Partial<FakeSignalSettings> = {}): Promise<SignalSetup> {
  const made = await createSignal(extra as Record<string, unknown>, settings);
  cleanups.push(made.close);
  return made;
}

async function run(
  channel: Channel,
  sink: RecordingSink = createRecordingSink(),
): Promise<{ sink: RecordingSink; end: () => Promise<void> }> {
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  cleanups.push(() => end().catch(() => undefined));
  await Promise.race([sink.waitForState("up"), ended]);
  return { sink, end };
}

const send = (channel: Channel, text: string, extra: Parameters<typeof outbound>[2] = {}, address = toAda) =>
  channel.send(outbound(address, text, extra), createSendContext());
const noSignal = new AbortController().signal;

describe("several accounts on one daemon", () => {
  it("each channel hears and sends for its own", async () => {
    const { fake, create: make } = await create({}, { accounts: [ours, other] });
    const { sink: first } = await run(make());
    const second = make({ account: other.number });
    const { sink } = await run(second);
    fake.deliver(formatEnvelope({ timestamp: fake.tick(), message: "for the other" }), other.number);
    fake.deliver(formatEnvelope({ timestamp: fake.tick(), message: "for ours" }));
    expect((await sink.waitFor(1)).map(({ text }) => text)).toEqual(["for the other"]);
    expect((await first.waitFor(1)).map(({ text }) => text)).toEqual(["for ours"]);
    await send(second, "hi");
    expect(fake.sent.map(({ account }) => account)).toEqual([other.number]);
  });

  it("passes by what a daemon tells of another account", async () => {
    const { fake, create: make, say } = await create({}, { isSingle: true });
    const { sink } = await run(make());
    fake.deliver(formatEnvelope({ timestamp: fake.tick(), message: "not ours" }), ours.number, {
      account: other.number,
    });
    say({ message: "ours" });
    expect((await sink.waitFor(1)).map(({ text }) => text)).toEqual(["ours"]);
  });

  it("says so when the daemon does not know the account, and does not try again", async () => {
    const { create: make } = await create({}, { accounts: [other] });
    const sink = createRecordingSink();
    await expect(make().start(sink, noSignal)).rejects.toMatchObject({ code: "config-invalid" });
    expect(sink.states.at(-1)).toMatchObject({
      state: "down",
      reason: expect.stringContaining("does not know") as string,
    });
    const byAci = make({ account: ours.aci });
    await expect(byAci.start(createRecordingSink(), noSignal)).rejects.toMatchObject({ code: "config-invalid" });
  });

  it("takes an ACI for an account without a number", async () => {
    const { fake, create: make, say } = await create({ account: ours.aci.toUpperCase() });
    const channel = make();
    const { sink } = await run(channel);
    say({ message: "hi" });
    await sink.waitFor(1);
    expect(await send(channel, "hello")).toEqual([`${ours.aci}:${fake.sent[0]?.timestamp}`]);
  });
});

describe("the stream", () => {
  it("comes back after the daemon went down, and loses nothing", async () => {
    const { fake, create: make, say } = await create();
    const { sink } = await run(make());
    say({ message: "one" });
    await sink.waitFor(1);
    fake.drop();
    say({ message: "two" });
    expect((await sink.waitFor(2)).map(({ text }) => text)).toEqual(["one", "two"]);
    expect(sink.states.map(({ state }) => state)).toContain("connecting");
    expect(sink.states.at(-1)?.state).toBe("up");
  });

  it("loses nothing that is said while it is cut off, even before any event ever came", async () => {
    const { fake, create: make, say, clock } = await create({}, { receiveMode: "on-start" });
    say({ message: "long before" });
    clock.advance(3_600_000);
    const { sink } = await run(make());
    await waitUntil(() => fake.listeners() === 1);
    fake.drop();
    await waitUntil(() => fake.listeners() === 0);
    const timestamp = clock.now();
    fake.deliver(formatEnvelope({ timestamp, message: "meanwhile" }));
    expect((await sink.waitFor(1))[0]?.text).toBe("meanwhile");
    say({ message: "after" }, { serverReceivedTimestamp: clock.now() });
    expect((await sink.waitFor(2)).map(({ text }) => text)).toEqual(["meanwhile", "after"]);
  });

  it("begins behind the last event that was stored, and only that", async () => {
    const { fake, disk, create: make, say } = await create();
    const sink = createRecordingSink();
    const first = await run(make(), sink);
    say({ message: "stored" });
    await sink.waitFor(1);
    await waitUntil(() => disk.entries.has("last-event-id"));
    const kept = disk.entries.get("last-event-id");
    sink.failNext(1_000);
    say({ message: "not stored" });
    await waitUntil(() => sink.receivedIds.length >= 2);
    await first.end();
    expect(disk.entries.get("last-event-id")).toBe(kept);
    sink.failNext(0);
    await run(make(), sink);
    expect((await sink.waitFor(2))[1]?.text).toBe("not stored");
    expect(fake.subscriptions.at(-1)).toEqual({ account: ours.number, lastEventId: kept });
  });

  it("keeps the order while one message cannot be stored", async () => {
    const { create: make, say } = await create();
    const { sink } = await run(make());
    sink.failNext(3);
    for (const text of ["a", "b", "c"]) say({ message: text });
    expect((await sink.waitFor(3)).map(({ text }) => text)).toEqual(["a", "b", "c"]);
  });

  it("asks anew when the daemon goes silent", async () => {
    const { fake, create: make } = await create({ silentSeconds: 1 }, { keepAliveMs: 60_000 });
    const { sink } = await run(make());
    await waitUntil(() => fake.subscriptions.length >= 2);
    expect(sink.states).toContainEqual({ state: "connecting", reason: "signal-cli has gone silent." });
  });

  it("stays with a daemon that gives signs of life", async () => {
    const { fake, create: make } = await create({ silentSeconds: 1 }, { keepAliveMs: 100 });
    await run(make());
    await new Promise((resolve) => void setTimeout(resolve, 1_500));
    expect(fake.subscriptions).toHaveLength(1);
  });

  it("passes by what it cannot read", async () => {
    const { fake, create: make, say, logged } = await create();
    const { sink } = await run(make());
    fake.writeRaw("event:receive\ndata:{not json\n\n");
    fake.writeRaw(`data:${"x".repeat(5_000_000)}\n\n`);
    fake.deliver({ sourceUuid: ada, dataMessage: { message: 5, mentions: "?" } });
    say({ message: "still here" });
    expect((await sink.waitFor(1)).map(({ text }) => text)).toEqual(["still here"]);
    expect(logged.map(({ words }) => words)).toContain("An event of signal-cli was beyond all bounds and is passed by");
  });

  it("tells of a message that signal-cli did not trust", async () => {
    const { fake, create: make, say, logged } = await create();
    const { sink } = await run(make());
    const exception = { message: "untrusted +15550100042", type: "UntrustedIdentityException" };
    fake.deliver({ sourceUuid: ada, timestamp: 1 }, ours.number, { exception });
    say({ message: "next" });
    await sink.waitFor(1);
    expect(logged.find(({ words }) => words.includes("safety number"))?.fields).toEqual({ type: exception.type });
  });

  it("stops at once, also while a message cannot be stored", async () => {
    const { create: make, say } = await create();
    const { sink, end } = await run(make());
    sink.failNext(1_000);
    say({ message: "never" });
    await waitUntil(() => sink.receivedIds.length > 0);
    const since = performance.now();
    await end();
    expect(performance.now() - since).toBeLessThan(5_000);
  });

  it("says so when a daemon takes its calls and never answers", async () => {
    const silent = await createBrokenEndpoint("silent");
    cleanups.push(silent.close);
    const { create: make } = await create();
    const sink = createRecordingSink();
    const stop = new AbortController();
    const ended = make({ rpcUrl: silent.url, silentSeconds: 1 }).start(sink, stop.signal);
    await waitUntil(() => sink.states.some((health) => health.state === "connecting" && /timeout/.test(health.reason)));
    stop.abort();
    await ended;
  });

  it("waits for a daemon that is not there yet", async () => {
    const { fake, create: make } = await create();
    const channel = make({ rpcUrl: "http://127.0.0.1:1" });
    const sink = createRecordingSink();
    const stop = new AbortController();
    const ended = channel.start(sink, stop.signal);
    await waitUntil(() => sink.states.some(({ state }) => state === "connecting" && sink.states.length > 1));
    expect(sink.states.at(-1)).toMatchObject({
      state: "connecting",
      reason: expect.stringContaining("cannot be reached") as string,
    });
    stop.abort();
    await ended;
    expect(fake.listeners()).toBe(0);
  });
});

describe("what people send", () => {
  it("gets a read receipt once it is stored, and not before", async () => {
    const { fake, create: make, say } = await create();
    const { sink } = await run(make());
    sink.failNext(1);
    const timestamp = say({ message: "read me" });
    await sink.waitFor(1);
    await waitUntil(() => fake.calls.has("sendReceipt"));
    expect(fake.calls.get("sendReceipt")).toEqual([
      { account: ours.number, recipient: ada, targetTimestamp: [timestamp], type: "read" },
    ]);
    expect(sink.receivedIds).toHaveLength(2);
  });

  it("gets one only, and none where it was refused", async () => {
    const { fake, create: make } = await create();
    const recording = createRecordingSink();
    const refusing = {
      ...recording,
      receive: async (message: Parameters<typeof recording.receive>[0]) => {
        const outcome = await recording.receive(message);
        return message.text === "stranger" ? "refused" : outcome;
      },
    } as RecordingSink;
    await run(make(), refusing);
    const envelope = formatEnvelope({ timestamp: fake.tick(), message: "twice" });
    fake.deliver(envelope);
    fake.deliver(envelope);
    fake.deliver(formatEnvelope({ timestamp: fake.tick(), message: "stranger" }));
    fake.deliver(formatEnvelope({ timestamp: fake.tick(), message: "last" }));
    await waitUntil(() => recording.receivedIds.length === 4 && fake.calls.get("sendReceipt")?.length === 2);
    await new Promise((resolve) => void setTimeout(resolve, 50));
    expect(fake.calls.get("sendReceipt")).toHaveLength(2);
  });

  it("gets none while the channel only listens", async () => {
    const { fake, create: make, say } = await create();
    let isListening = true;
    const { sink } = await run(make({}, () => isListening));
    say({ message: "unseen" });
    await sink.waitFor(1);
    isListening = false;
    const timestamp = say({ message: "seen" });
    await waitUntil(() => fake.calls.has("sendReceipt"));
    expect(fake.calls.get("sendReceipt")).toMatchObject([{ targetTimestamp: [timestamp] }]);
  });

  it("gets none where they are switched off, and none for what is no message", async () => {
    const { fake, create: make, say } = await create({ readReceipts: false });
    const { sink } = await run(make());
    say({ message: "hi" });
    await sink.waitFor(1);
    expect(fake.calls.has("sendReceipt")).toBe(false);
  });

  it("is led back to its first version, through an edit of an edit", async () => {
    const { fake, create: make, say } = await create();
    const { sink } = await run(make());
    const edit = (target: number, message: string): number => {
      const timestamp = fake.tick();
      const editMessage = { targetSentTimestamp: target, dataMessage: { timestamp, message } };
      fake.deliver({ ...formatEnvelope({ timestamp }), dataMessage: undefined, editMessage });
      return timestamp;
    };
    const first = say({ message: "v1" });
    const second = edit(first, "v2");
    const third = edit(second, "v3");
    say({ remoteDelete: { timestamp: third } });
    const targets = (await sink.waitFor(4)).map(({ kind, targetId }) => [kind, targetId]);
    const root = `${ada}:${first}`;
    expect(targets).toEqual([
      ["message", undefined],
      ["edit", root],
      ["edit", root],
      ["deletion", root],
    ]);
  });

  it("shows mentions by name, asking for it once", async () => {
    const { fake, create: make, say } = await create();
    fake.contacts.set(bob, "Bob");
    const { sink } = await run(make());
    const mentions = [{ name: bob, number: null, uuid: bob, start: 4, length: 1 }];
    say({ message: "ask \uFFFC please", mentions });
    say({ message: "ask \uFFFC again", mentions });
    expect((await sink.waitFor(2)).map(({ text }) => text)).toEqual(["ask @Bob please", "ask @Bob again"]);
    expect(fake.calls.get("listContacts")).toHaveLength(1);
  });

  it("is answered by a number, while the list is the last thing that we sent", async () => {
    const { create: make, say } = await create();
    const channel = make();
    const { sink } = await run(channel);
    await send(channel, "May I?", {
      choices: [
        { label: "Yes", command: "/approve 1" },
        { label: "No", command: "/deny 1" },
      ],
    });
    say({ message: "2" });
    await sink.waitFor(1);
    await send(channel, "Something else");
    say({ message: "1" });
    expect((await sink.waitFor(2)).map(({ kind, text }) => [kind, text])).toEqual([
      ["command", "/deny 1"],
      ["message", "1"],
    ]);
  });

  it("comes with files, large ones too; a file that is gone becomes a remark", async () => {
    const { fake, create: make, say, disk } = await create();
    const { sink } = await run(make());
    const content = Buffer.alloc(900_001, "parlance");
    const id = fake.addAttachment(content);
    say({
      message: "look",
      attachments: [
        { id, contentType: "application/zip", filename: "a.zip", size: content.length },
        { id: "gone.bin", contentType: "image/png", filename: null, size: 3 },
      ],
    });
    const [message] = await sink.waitFor(1);
    expect(message?.text).toBe("look\n\n[The file gone.bin could not be kept: signal-cli does not have it.]");
    expect(message?.attachments).toMatchObject([{ name: "a.zip", bytes: content.length }]);
    const { buffer } = await import("node:stream/consumers");
    const [kept] = message?.attachments ?? [];
    if (kept === undefined) throw new Error("no file");
    expect((await buffer(disk.files.open(kept))).equals(content)).toBe(true);
  });

  it("is not kept back for ever by a file that the daemon does not give", async () => {
    const { fake, create: make, say } = await create();
    const { sink } = await run(make());
    for (let times = 0; times < 20; times += 1) fake.failNext("getAttachment", "503");
    say({ message: "look", attachments: [{ id: "a", contentType: "image/png", filename: "a.png", size: 3 }] });
    expect((await sink.waitFor(1, 20_000))[0]?.text).toContain(
      "[The file a.png could not be kept: signal-cli did not give it.]",
    );
  }, 25_000);

  it("is told apart from a file beyond the limit", async () => {
    const { fake, create: make, say } = await create();
    const { sink } = await run(make());
    const id = fake.addAttachment(Buffer.alloc(2_000_000));
    say({ attachments: [{ id, contentType: "image/png", filename: "big.png", size: 2_000_000 }] });
    expect((await sink.waitFor(1))[0]?.text).toBe("[The file big.png could not be kept: it is too large.]");
  });

  it("is read whole where a long text came as a file", async () => {
    const { fake, create: make, say } = await create();
    const { sink } = await run(make());
    const whole = "long words ".repeat(400);
    const id = fake.addAttachment(Buffer.from(whole));
    say({
      message: whole.slice(0, 2_000),
      attachments: [{ id, contentType: "text/x-signal-plain", filename: null, size: whole.length }],
    });
    const [message] = await sink.waitFor(1);
    expect(message?.text).toBe(whole.trim());
    expect(message?.attachments).toEqual([]);
  });
});

describe("what we send", () => {
  it("quotes, styles, and names the group", async () => {
    const { fake, create: make } = await create();
    await send(make(), "**yes**", { replyToId: `${ada}:123` }, toGroup);
    expect(fake.sent[0]?.params).toEqual({
      account: ours.number,
      groupId,
      message: "yes",
      textStyle: ["0:3:BOLD"],
      quoteTimestamp: 123,
      quoteAuthor: ada,
    });
  });

  it("goes out without a quote of what is no Signal message", async () => {
    const { fake, create: make } = await create();
    await send(make(), "yes", { replyToId: "callback:7" });
    expect(fake.sent[0]?.params).toEqual({ account: ours.number, recipient: [ada], message: "yes" });
  });

  it("carries files whole, under odd names, and names what is too large or empty", async () => {
    const { fake, create: make, disk } = await create({ maxUploadBytes: 1_000_000 });
    const { Readable } = await import("node:stream");
    const content = Buffer.from(Array.from({ length: 200_003 }, (_, index) => index % 251));
    const file = await disk.files.save(Readable.from([content]), { name: 'a "b";c,ö+.bin' });
    const empty = await disk.files.save(Readable.from([]), { name: "empty.txt" });
    await send(make(), "here", { attachments: [file, empty, { ...file, name: "big.bin", bytes: 2_000_000 }] });
    expect(fake.sent.map(({ text }) => text)).toEqual([
      "here",
      "(The file empty.txt is empty and cannot be sent by Signal.)",
      "(The file big.bin is too large and cannot be sent by Signal.)",
      "",
    ]);
    const [sent] = fake.sent.at(-1)?.files ?? [];
    expect(sent?.name).toBe('a "b";c,ö+.bin');
    expect(Buffer.from(sent?.content ?? []).equals(content)).toBe(true);
  });

  it("is edited version by version, ten times at most, and not for nothing", async () => {
    const { fake, create: make } = await create();
    const channel = make();
    const message = outbound(toAda, "v0");
    const [id = ""] = await channel.send(message, createSendContext());
    for (let version = 1; version <= 10; version += 1)
      for (let repeat = 0; repeat < 2; repeat += 1)
        await channel.edit?.({ ...message, text: `v${version}` }, id, noSignal);
    expect(fake.sent[0]?.text).toBe("v10");
    expect(fake.calls.get("send")).toHaveLength(11);
    const error = await failure(channel.edit?.({ ...message, text: "v11" }, id, noSignal) ?? Promise.resolve());
    expect(error).toMatchObject({ code: "send-rejected", message: expect.stringContaining("10 times") as string });
    // Another process knows the versions as well.
    await expect(make().edit?.({ ...message, text: "v12" }, id, noSignal)).rejects.toMatchObject({
      code: "send-rejected",
    });
  });

  it("is not edited after a day", async () => {
    const { fake, create: make } = await create();
    const old = `${ours.aci}:${Date.now() - 25 * 3_600_000}`;
    await expect(make().edit?.(outbound(toAda, "x"), old, noSignal)).rejects.toMatchObject({ code: "send-rejected" });
    expect(fake.calls.has("send")).toBe(false);
  });

  it("knows a reaction to an edited message of ours as one to the message", async () => {
    const { fake, create: make, say } = await create();
    const channel = make();
    const { sink } = await run(channel);
    const message = outbound(toAda, "v0");
    const [id = ""] = await channel.send(message, createSendContext());
    await channel.edit?.({ ...message, text: "v1" }, id, noSignal);
    say({
      reaction: {
        emoji: "👍",
        targetAuthorUuid: ours.aci,
        targetSentTimestamp: fake.sent[0]?.versions[1],
        isRemove: false,
      },
    });
    expect((await sink.waitFor(1))[0]).toMatchObject({ kind: "reaction", targetId: id });
  });

  it("reacts and shows typing in groups", async () => {
    const { fake, create: make } = await create();
    const channel = make();
    await channel.react?.(toGroup, `${bob}:5`, "🎉", noSignal);
    await channel.typing?.(toGroup, noSignal);
    expect(fake.calls.get("sendReaction")).toEqual([
      { account: ours.number, groupId, emoji: "🎉", targetAuthor: bob, targetTimestamp: 5 },
    ]);
    expect(fake.calls.get("sendTyping")).toEqual([{ account: ours.number, groupId }]);
    await expect(channel.react?.(toGroup, "nonsense", "🎉", noSignal)).rejects.toMatchObject({ code: "not-found" });
  });

  it.each([
    ["untrusted", "send-rejected", /safety number/],
    ["unregistered", "send-rejected", /not on Signal any more/],
    ["network", "send-uncertain", /lost its connection/],
    ["offline", "unreachable", /cannot reach Signal/],
    ["captcha", "rate-limited", /captcha/],
  ] as const)("says in plain words what went wrong: %s", async (how, code, words) => {
    const { fake, create: make } = await create();
    fake.failNext("send", how);
    const error = await failure(send(make(), "secret words"));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(JSON.stringify(error) + error.message + (error.hint ?? "")).not.toMatch(/secret words|\+1555/);
  });

  it("leaves one chat alone for a limit, and all of them for a captcha", async () => {
    const { fake, create: make } = await create();
    const channel = make();
    fake.failNext("send", "429", { retryAfterS: 60 });
    await failure(send(channel, "one"));
    expect((await failure(send(channel, "again"))).code).toBe("rate-limited");
    await send(channel, "elsewhere", {}, toGroup);
    expect(fake.calls.get("send")).toHaveLength(2);
    fake.failNext("send", "captcha", { retryAfterS: 60 });
    const captcha = await failure(send(channel, "two", {}, toGroup));
    // A second signal-cli would wait for the daemon to let go of the account.
    expect(captcha.hint).toMatch(/stop the daemon.* submitRateLimitChallenge --challenge challenge-token/s);
    expect((await failure(send(channel, "three", {}, { channel: "signal", chat: bob }))).code).toBe("rate-limited");
    expect(fake.calls.get("send")).toHaveLength(3);
  });
});

describe("receipts", () => {
  const receipt = (timestamps: readonly (number | undefined)[], isRead: boolean) => ({
    ...formatEnvelope({}),
    dataMessage: undefined,
    receiptMessage: { when: 1, isDelivery: !isRead, isRead, isViewed: false, timestamps },
  });

  it("tell what became of a message, by its last part", async () => {
    const { fake, create: make } = await create();
    const channel = make();
    const { sink } = await run(channel);
    const message = outbound(toAda, `${"first ".repeat(400)}\n\nlast`);
    await channel.send(message, createSendContext());
    const times = fake.sent.map(({ timestamp }) => timestamp);
    expect(times).toHaveLength(2);
    fake.deliver(receipt([times[0]], false));
    fake.deliver(receipt([times[1], 12], false));
    fake.deliver(receipt([times[1]], true));
    await waitUntil(() => sink.reports.length === 2);
    expect(sink.reports).toEqual([
      { outboundId: message.id, state: "delivered" },
      { outboundId: message.id, state: "read" },
    ]);
  });

  it("settle a send that was cut off: it did arrive", async () => {
    const { fake, create: make } = await create();
    const channel = make();
    const { sink } = await run(channel);
    const message = outbound(toAda, "did it?");
    fake.failNext("send", "cut-after-accept");
    await expect(channel.send(message, createSendContext())).rejects.toMatchObject({ code: "send-uncertain" });
    fake.deliver({ ...receipt([fake.sent[0]?.timestamp], false), sourceUuid: bob });
    fake.deliver(receipt([fake.sent[0]?.timestamp], false));
    await waitUntil(() => sink.reports.length > 0);
    expect(sink.reports).toEqual([{ outboundId: message.id, state: "delivered" }]);
  });

  it("of other times settle nothing", async () => {
    const { fake, create: make, say } = await create();
    const channel = make();
    const { sink } = await run(channel);
    fake.failNext("send", "cut-before-accept");
    await expect(send(channel, "lost")).rejects.toMatchObject({ code: "send-uncertain" });
    fake.deliver(receipt([Date.now() - 60_000, Date.now() + 60_000], false));
    say({ message: "marker" });
    await sink.waitFor(1);
    expect(sink.reports).toEqual([]);
  });
});

describe("setting up", () => {
  it("says who we are, and what is wrong", async () => {
    const { fake } = await create();
    const check = (account: string, rpcUrl = fake.url) => setup.check({ rpcUrl, account }, noSignal);
    expect(await check(ours.number)).toBe(`${ours.number} (${ours.aci}) by signal-cli 0.14.5.`);
    await expect(check(other.number)).rejects.toMatchObject({ code: "config-invalid" });
    await expect(check("Ada")).rejects.toMatchObject({
      code: "config-invalid",
      message: expect.stringContaining("account") as string,
    });
    await expect(check(ours.number, "http://127.0.0.1:1")).rejects.toBeInstanceOf(AppError);
    await expect(check(ours.number, `${fake.url}/elsewhere`)).rejects.toMatchObject({ code: "not-found" });
    expect(fake.sent).toEqual([]);
  });
});
